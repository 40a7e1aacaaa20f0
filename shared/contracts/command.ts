import { type Static, Type } from 'typebox';
import { ParameterValues } from './parameter-value.ts';
import { BootId, EpochMilliseconds, SignalValue, Slug, Uuid } from './primitives.ts';

/** DESIGN of a command's life: the last six are final. */
export const CommandState = Type.Enum([
  'QUEUED',
  'SENT',
  'DELIVERED',
  'ACCEPTED',
  'EXECUTING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'EXPIRED',
  'REJECTED',
  'CANCELLED',
]);
export type CommandState = Static<typeof CommandState>;

/**
 * Whether it is safe to act twice on one command: `idempotent` may be repeated after a power cut in the middle,
 * `once` is never started again and is then reported FAILED with the reason `interrupted`.
 */
export const IdempotencyClass = Type.Enum(['idempotent', 'once']);
export type IdempotencyClass = Static<typeof IdempotencyClass>;

/** `reboot` succeeds only when the device reports a boot id that differs from the one before. */
export const Command = Type.Object(
  {
    id: Uuid,
    deviceId: Slug,
    name: Slug,
    parameters: ParameterValues,
    issuedBy: Type.String({ maxLength: 200 }),
    issuedAt: EpochMilliseconds,
    expiresAt: EpochMilliseconds,
    idempotency: IdempotencyClass,
  },
  { additionalProperties: false },
);
export type Command = Static<typeof Command>;

/**
 * May it be handed to the device again after a try of which nobody knows whether it arrived? A reboot never: it is
 * proven by the boot id, and a device that reboots at once acknowledges nothing.
 */
export function mayBeRepeated({ name, idempotency }: Pick<Command, 'name' | 'idempotency'>): boolean {
  return idempotency === 'idempotent' && name !== 'reboot';
}

/** What the gateway says of a command: a record of the alerts lane. Duplicates and any order are legal. */
export const CommandUpdate = Type.Object(
  {
    type: Type.Literal('command'),
    commandId: Uuid,
    deviceId: Slug,
    state: Type.Enum([
      'DELIVERED',
      'ACCEPTED',
      'EXECUTING',
      'SUCCEEDED',
      'FAILED',
      'TIMED_OUT',
      'EXPIRED',
      'REJECTED',
      'CANCELLED',
    ]),
    at: EpochMilliseconds,
    /** A stable token followed by what a person should know, for example `no-boot: …`. */
    reason: Type.Optional(Type.String({ maxLength: 500 })),
    bootIdBefore: Type.Optional(BootId),
    bootIdAfter: Type.Optional(BootId),
    result: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), SignalValue)),
  },
  { additionalProperties: false },
);
export type CommandUpdate = Static<typeof CommandUpdate>;

/** What a device answers on `devices/{deviceId}/commands/{commandId}/result`. */
export const DeviceCommandResult = Type.Object({
  status: Type.Enum(['accepted', 'executing', 'succeeded', 'failed', 'rejected']),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
  result: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), SignalValue)),
});
export type DeviceCommandResult = Static<typeof DeviceCommandResult>;
