import { type Static, Type } from 'typebox';
import { strict } from './primitives.ts';

/** A time in which the gateway may use its lines to the cloud. */
export const UplinkWindow = Type.Object(
  {
    /** When it opens: minute, hour, day of the month, month, day of the week. */
    cron: Type.String({ minLength: 9, maxLength: 100 }),
    /** How long it stays open. */
    minutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
    /** Of the IANA database, for example `Europe/Madrid`; else the time zone of the machine. */
    timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  strict,
);
export type UplinkWindow = Static<typeof UplinkWindow>;

export const UplinkSettings = Type.Object(
  {
    /** Without any, the lines are always open. An open alert of the severity CRITICAL opens them, whatever the time. */
    windows: Type.Optional(Type.Array(UplinkWindow, { minItems: 1, maxItems: 32 })),
  },
  strict,
);
export type UplinkSettings = Static<typeof UplinkSettings>;
