import { type Static, Type } from 'typebox';
import { AlertRule } from './alert-rule.ts';
import { CommandRule } from './command-rule.ts';
import { BootId, EpochMilliseconds, SignalName, Slug, UnitCode } from './primitives.ts';

/** What a device is set to, or says that it is set to: names with JSON values, nested where it helps. */
export const DeviceProperties = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }),
  Type.Unknown(),
  { maxProperties: 100, additionalProperties: false },
);
export type DeviceProperties = Static<typeof DeviceProperties>;

export const SignalDefinition = Type.Object(
  {
    name: SignalName,
    unit: Type.Optional(UnitCode),
    /** A value outside is a reading of BAD quality with the reason `out-of-range`. */
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    type: Type.Optional(Type.Enum(['number', 'boolean', 'text'])),
  },
  { additionalProperties: false },
);
export type SignalDefinition = Static<typeof SignalDefinition>;

/**
 * A device as the gateway must know it: who may connect as it, and which signals and rules it has. It comes from
 * the gateway's YAML file or, for a device registered in the cloud, by the downlink; the cloud's wins.
 */
export const DeviceDefinition = Type.Object(
  {
    id: Slug,
    name: Type.Optional(Type.String({ maxLength: 200 })),
    category: Type.Optional(Slug),
    /** MQTT sign-in; the user name is the device's id. SHA-256 of the secret, in lower-case hexadecimal. */
    mqttPasswordSha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    signals: Type.Optional(Type.Array(SignalDefinition, { maxItems: 1000 })),
    rules: Type.Optional(Type.Array(AlertRule, { maxItems: 1000 })),
    /** Commands that may not always act, or that the gateway carries out itself; the others need no entry. */
    commands: Type.Optional(Type.Array(CommandRule, { maxItems: 100 })),
    /** How many milliseconds a reboot may take until the new boot id must have been seen. */
    rebootTimeoutMilliseconds: Type.Optional(Type.Integer({ minimum: 100, maximum: 3_600_000 })),
    /** What the device is to be set to; the version counts up with every change. */
    desired: Type.Optional(
      Type.Object(
        { version: Type.Integer({ minimum: 1 }), properties: DeviceProperties },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type DeviceDefinition = Static<typeof DeviceDefinition>;

/** Names the signals, rules and commands that the cloud told; another set of them has another. 64 hexadecimal digits. */
export const DefinitionVersion = Type.String({ pattern: '^[0-9a-f]{64}$' });

export const definitionReasonLengthMax = 500;

/** A change of what is known of a device, as a record of the alerts lane. */
export const DeviceStatus = Type.Object(
  {
    type: Type.Literal('device-status'),
    deviceId: Slug,
    connected: Type.Boolean(),
    at: EpochMilliseconds,
    bootId: Type.Optional(BootId),
    firmware: Type.Optional(Type.String({ maxLength: 64 })),
    reason: Type.Optional(Type.String({ maxLength: 200 })),
    /** What changed of what the device is set to, as a merge patch (RFC 7396): null takes a property away. */
    reported: Type.Optional(DeviceProperties),
  },
  { additionalProperties: false },
);
export type DeviceStatus = Static<typeof DeviceStatus>;

/**
 * What a gateway made of the definition of a device that the cloud told it, as a record of the alerts lane. It is sent
 * where that carried a version, so never to a cloud that does not know this record.
 */
export const DefinitionReport = Type.Object(
  {
    type: Type.Literal('device-definition'),
    deviceId: Slug,
    version: DefinitionVersion,
    /** `refused`: the one before goes on, or none. */
    outcome: Type.Enum(['running', 'refused']),
    /** Why it was refused, in English. */
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: definitionReasonLengthMax })),
    at: EpochMilliseconds,
  },
  { additionalProperties: false },
);
export type DefinitionReport = Static<typeof DefinitionReport>;
