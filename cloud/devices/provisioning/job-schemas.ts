import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, Time } from '../../platform/index.ts';
import { Registration } from '../schemas.ts';

const strict = { additionalProperties: false };
export const rowsMax = 10_000;
const Label = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });

/** A device to be: which asset it is, or of which account one is to be made. */
export const JobRow = Type.Object(
  {
    ...Registration.properties,
    assetId: Type.Optional(Uuid),
    /** Id or name. */
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** One that the account has already is taken. */
    assetNumber: Type.Optional(Label),
    assetName: Type.Optional(PersonReadableName),
    product: Type.Optional(Label),
    serialNumber: Type.Optional(Label),
    /** SHA-256 of a password that is in the device already; without it the device has none until one is made. */
    mqttPasswordSha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  },
  strict,
);
export type JobRow = Static<typeof JobRow>;

/** The columns of a table, by the names of the list. Tags have semicolons or bars between them. */
export const columns = Object.keys(JobRow.properties);

/** What is wrong with a row is told of that row, so the list is not judged as it comes in. */
export const JobInput = Type.Object(
  {
    rows: Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1, maxItems: rowsMax }),
  },
  strict,
);
export type JobInput = Static<typeof JobInput>;

export const JobState = Type.Enum(['running', 'finished', 'cancelled']);
export type JobState = Static<typeof JobState>;
export const Job = Type.Object({
  id: Uuid,
  state: JobState,
  total: Type.Integer(),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  createdBy: Type.String(),
  createdAt: Time,
  finishedAt: Nullable(Time),
});
export type Job = Static<typeof Job>;

export const RowState = Type.Enum(['waiting', 'succeeded', 'failed', 'cancelled']);
export type RowState = Static<typeof RowState>;
export const RowResult = Type.Object({
  /** From 1. */
  number: Type.Integer(),
  /** Of a table: the line of the file, from 1, where the row begins; the head counts. */
  line: Nullable(Type.Integer()),
  state: RowState,
  deviceId: Nullable(Type.String()),
  /** A stable token, where it failed. */
  code: Nullable(Type.String()),
  field: Nullable(Type.String()),
  message: Nullable(Type.String()),
  at: Nullable(Time),
});
export type RowResult = Static<typeof RowResult>;

export const JobsQuery = Type.Object(pageQuery, strict);
export const RowsQuery = Type.Object({ ...pageQuery, state: Type.Optional(RowState) }, strict);
export const JobById = Type.Object({ id: Uuid });
