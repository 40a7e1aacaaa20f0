import { type Static, Type } from 'typebox';

/** Milliseconds since 1970-01-01T00:00:00Z, as every time on the edge's wires. */
export const EpochMilliseconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });

/** A UUID in its 36-character form (RFC 9562). Ours are version 7, so that they sort by time. */
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});

/** A name that stands in MQTT topics and URLs: lower-case letters, digits and hyphens, 1 to 63 characters. */
const slugPattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
export const Slug = Type.String({ pattern: slugPattern, maxLength: 63 });

/** What a pattern of ours asks for, in words for a sentence that begins with the field; undefined for other patterns. */
export function wordsOfPattern(pattern: unknown): string | undefined {
  return String(pattern) === slugPattern
    ? 'must be 1 to 63 small letters (a to z), digits and hyphens, without a hyphen at either end'
    : undefined;
}

/** A signal's name: letters, digits, `_`, `-`, `.` and `/` inside, 1 to 100 characters. */
export const SignalName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_./-]{0,99}$', maxLength: 100 });

/** A unit as a UCUM code, for example `Cel`, `bar`, `mm/s`, `%`, or `1` for a bare number. */
export const UnitCode = Type.String({ minLength: 1, maxLength: 32 });

/** A firmware's boot id: any token that changes with every boot. */
export const BootId = Type.String({ minLength: 1, maxLength: 64 });

/** What a signal may hold. */
export const SignalValue = Type.Union([
  Type.Number(),
  Type.String({ maxLength: 4096 }),
  Type.Boolean(),
  Type.Null(),
]);
export type SignalValue = Static<typeof SignalValue>;
