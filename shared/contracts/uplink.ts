import { type Static, Type } from 'typebox';
import { AlertRecording, AlertShelving, AlertTransition } from './alert.ts';
import { CommandUpdate } from './command.ts';
import { ConfigurationFindings, ConfigurationReport } from './configuration-push.ts';
import { DefinitionReport, DeviceStatus } from './device.ts';
import { EpochMilliseconds, SignalName, Slug, Uuid } from './primitives.ts';
import { Reading, ReadingSummary } from './reading.ts';

/**
 * `readings` carries what is live; what had to wait while the cloud was away goes beside it in `history`, so that the
 * live does not wait for it.
 */
export const Lane = Type.Enum(['alerts', 'readings', 'history']);
export type Lane = Static<typeof Lane>;

export const gapSignalsMax = 50;

/** Records that were lost at the edge, and why: the cloud knows 'complete' or 'this gap, for this reason'. */
export const Gap = Type.Object(
  {
    type: Type.Literal('gap'),
    /** Absent where it may be any device of the gateway. */
    deviceId: Type.Optional(Slug),
    /** Absent where it may be any signal of the device, or more than fit. */
    signals: Type.Optional(Type.Array(SignalName, { minItems: 1, maxItems: gapSignalsMax })),
    reason: Type.String({ minLength: 1, maxLength: 200 }),
    count: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    from: EpochMilliseconds,
    to: EpochMilliseconds,
  },
  { additionalProperties: false },
);
export type Gap = Static<typeof Gap>;

/** Input that the gateway refused, counted by device and reason since the last such record. */
export const Rejection = Type.Object(
  {
    type: Type.Literal('rejection'),
    deviceId: Type.Optional(Slug),
    source: Type.String({ minLength: 1, maxLength: 200 }),
    reason: Type.String({ minLength: 1, maxLength: 200 }),
    count: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    lastAt: EpochMilliseconds,
  },
  { additionalProperties: false },
);
export type Rejection = Static<typeof Rejection>;

export const ReadingsLaneRecord = Type.Union([Reading, ReadingSummary, Gap]);
export type ReadingsLaneRecord = Static<typeof ReadingsLaneRecord>;
export const AlertsLaneRecord = Type.Union([
  AlertTransition,
  AlertShelving,
  AlertRecording,
  CommandUpdate,
  DeviceStatus,
  DefinitionReport,
  Gap,
  Rejection,
  ConfigurationReport,
  ConfigurationFindings,
]);
export type AlertsLaneRecord = Static<typeof AlertsLaneRecord>;
export const UplinkRecord = Type.Union([
  Reading,
  ReadingSummary,
  Gap,
  AlertTransition,
  AlertShelving,
  AlertRecording,
  CommandUpdate,
  DeviceStatus,
  DefinitionReport,
  Rejection,
  ConfigurationReport,
  ConfigurationFindings,
]);
export type UplinkRecord = Static<typeof UplinkRecord>;

/** No batch holds more records than this; the cloud refuses a larger one. */
export const uplinkBatchRecordsMax = 1000;
/** No batch is longer than this once decompressed. */
export const uplinkBatchBytesMax = 2 * 1024 * 1024;

const envelope = {
  /** Changes when the outbox was made anew, so that numbering from 1 is not taken for a repetition. */
  epoch: Uuid,
  /** The number of the first record; the others follow without a hole. Numbering begins at 1. */
  firstSeq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
};

/** Body of `POST /v1/gateway/uplink`, plain or with `content-encoding: gzip`. */
export const UplinkBatch = Type.Union([
  Type.Object({
    lane: Type.Literal('alerts'),
    ...envelope,
    records: Type.Array(AlertsLaneRecord, { minItems: 1, maxItems: uplinkBatchRecordsMax }),
  }),
  Type.Object({
    lane: Type.Enum(['readings', 'history']),
    ...envelope,
    records: Type.Array(ReadingsLaneRecord, { minItems: 1, maxItems: uplinkBatchRecordsMax }),
  }),
]);
export type UplinkBatch = Static<typeof UplinkBatch>;

/**
 * Codes of the problems (application/problem+json) that say that a record of the batch is at fault, and would be
 * whenever it came. Whatever else refuses a batch says nothing of its records: they are sent again later.
 */
export const uplinkRecordFaults: readonly string[] = [
  'gateways.record-invalid',
  'platform.body-too-large',
  'platform.unstorable-value',
];

/** Answer: the highest number up to which everything is stored. */
export const UplinkAcknowledgement = Type.Object({ acked: Type.Integer({ minimum: 0 }) });
export type UplinkAcknowledgement = Static<typeof UplinkAcknowledgement>;
