import { type TSchema, Type } from 'typebox';

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A time as the API writes and reads it: ISO 8601 with a zone. */
export const Time = Type.String({ format: 'date-time', maxLength: 40 });

/** What a person reads: something visible, at most 200 characters. */
export const PersonReadableName = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' });

/** What every record that can be edited carries. */
export const recordStamp = {
  createdAt: Time,
  updatedAt: Time,
  /** Counts up with every edit; sent back in If-Match. */
  version: Type.Integer(),
};
