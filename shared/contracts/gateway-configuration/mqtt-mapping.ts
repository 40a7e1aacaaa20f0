import { type Static, Type } from 'typebox';
import { SignalName, Slug } from '../primitives.ts';
import { strict } from './primitives.ts';

/**
 * A topic with wildcards as in MQTT, which may have names: `+machine` is any one level, `#rest` at the end any number
 * of them.
 */
export const TopicPattern = Type.String({
  pattern:
    '^(?!\\$)(#[A-Za-z0-9_]*|([^+#/\\u0000]*|\\+[A-Za-z0-9_]*)(/([^+#/\\u0000]*|\\+[A-Za-z0-9_]*))*(/#[A-Za-z0-9_]*)?)$',
  minLength: 1,
  maxLength: 512,
});

/**
 * A place in a payload: `$` is all of it and `@` the element that `each` is at; then `.name`, `[0]` or `["a name"]`.
 * `$`, `@` and the dot after it may be left out (`sensor.values[0]`); it is then the element's. A text that begins
 * with `/` is a JSON pointer (RFC 6901) into the element.
 */
export const PayloadPath = Type.String({ maxLength: 512 });

/** Text in which `{machine}` is a named wildcard of the topic, `{$.a}` and `{@.b}` are places, and `{@key}` is the key. */
export const MappingTemplate = Type.String({ minLength: 1, maxLength: 512 });

export const MappedValue = Type.Object(
  {
    signal: MappingTemplate,
    /** Where the value is; the element itself where absent. */
    path: Type.Optional(PayloadPath),
    /** `number` also takes text that is a number, `boolean` takes on, off, true, false, 1 and 0, `text` any value. */
    type: Type.Optional(Type.Enum(['number', 'boolean', 'text'])),
    /** A UCUM code, or a template that gives one. */
    unit: Type.Optional(MappingTemplate),
    scale: Type.Optional(Type.Number()),
    offset: Type.Optional(Type.Number()),
    /** Nothing is read where the place is absent; else that is a failed read. */
    optional: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type MappedValue = Static<typeof MappedValue>;

/** How the publications on some topics become readings. */
export const TopicMapping = Type.Object(
  {
    topic: TopicPattern,
    /** `text` is one bare value; `senml` and `telemetry` are what devices/{id}/telemetry takes. */
    payload: Type.Optional(Type.Enum(['json', 'text', 'senml', 'telemetry'])),
    device: MappingTemplate,
    /** Ids of devices by the names that `device` gives, where they differ. */
    deviceNames: Type.Optional(Type.Record(Type.String({ maxLength: 200 }), Slug)),
    signalNames: Type.Optional(Type.Record(Type.String({ maxLength: 200 }), SignalName)),
    /** Each element of this list, or member of this object, by itself. */
    each: Type.Optional(PayloadPath),
    /** Members of the object that `each` leaves out. */
    except: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 256 })),
    time: Type.Optional(
      Type.Object(
        {
          path: PayloadPath,
          /** Since the epoch; `iso` is ISO 8601 with its zone. */
          in: Type.Enum(['iso', 'seconds', 'milliseconds', 'microseconds']),
        },
        strict,
      ),
    ),
    /** Where the payload tells the boot id, whose change proves a reboot. */
    bootId: Type.Optional(PayloadPath),
    /** Whether the device is there, as its last will says; when it is not, its signals turn BAD. */
    status: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(PayloadPath),
          online: Type.String({ maxLength: 200 }),
          offline: Type.String({ maxLength: 200 }),
        },
        strict,
      ),
    ),
    values: Type.Optional(Type.Array(MappedValue, { minItems: 1, maxItems: 1000 })),
    /** Devices that may publish here for others, such as a bridge. Without it each speaks for itself alone. */
    publishers: Type.Optional(Type.Array(Slug, { maxItems: 1000 })),
  },
  strict,
);
export type TopicMapping = Static<typeof TopicMapping>;

export const TopicMappings = Type.Array(TopicMapping, { maxItems: 1000 });
