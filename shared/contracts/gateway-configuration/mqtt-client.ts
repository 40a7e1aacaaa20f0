import { type Static, Type } from 'typebox';
import { Slug } from '../primitives.ts';
import { TopicMappings, TopicPattern } from './mqtt-mapping.ts';
import { strict } from './primitives.ts';
import { SparkplugSettings } from './sparkplug.ts';

const File = Type.String({ minLength: 1, maxLength: 4096 });

/** A client of an MQTT broker that is there already. Secrets stand in files of their own. */
export const MqttClientConnector = Type.Object(
  {
    type: Type.Literal('mqtt-client'),
    name: Slug,
    url: Type.String({ pattern: '^(mqtts?|wss?)://[^\\s@]+$', maxLength: 2048 }),
    version: Type.Optional(Type.Enum(['5', '3.1.1'])),
    /** Must stay the same, for the broker keeps the session under it. */
    clientId: Type.String({ minLength: 1, maxLength: 128 }),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    passwordFile: Type.Optional(File),
    /** Certificates (PEM) of those who may have signed the broker's; else those that the system trusts. */
    caFile: Type.Optional(File),
    certificateFile: Type.Optional(File),
    keyFile: Type.Optional(File),
    keepAliveSeconds: Type.Optional(Type.Integer({ minimum: 5, maximum: 65_535 })),
    /** How long the broker keeps what comes while this gateway is away (MQTT 5). */
    sessionExpirySeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
    payloadBytesMax: Type.Optional(Type.Integer({ minimum: 64, maximum: 268_435_455 })),
    /** The only devices that the mappings may name; without it all that are known. */
    devices: Type.Optional(Type.Array(Slug, { minItems: 1, maxItems: 10_000 })),
    mappings: Type.Optional(TopicMappings),
    sparkplug: Type.Optional(SparkplugSettings),
    /**
     * What is published for a command or a writable point. `{device}`, `{command}` and `{commandId}` are filled in, and
     * in the payload `{value}`, `{parameters}` and `{expiresAt}` as JSON, and `{text}`, the value as bare text.
     */
    commands: Type.Optional(
      Type.Array(
        Type.Object(
          {
            /** Commands and points; without it all. */
            names: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 256 })),
            devices: Type.Optional(Type.Array(Slug, { minItems: 1, maxItems: 10_000 })),
            topic: Type.String({ minLength: 1, maxLength: 512, pattern: '^[^+#]+$' }),
            payload: Type.Optional(Type.String({ maxLength: 4096 })),
            retain: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
        { maxItems: 256 },
      ),
    ),
    /** Where devices answer commands, in the JSON of `devices/{id}/commands/{commandId}/result`: needs the wildcards
     * `+device` and `+commandId`. */
    results: Type.Optional(TopicPattern),
  },
  strict,
);
export type MqttClientConnector = Static<typeof MqttClientConnector>;
