import {
  AlertRecording,
  AlertShelving,
  AlertTransition,
  CommandUpdate,
  ConfigurationFindings,
  ConfigurationReport,
  DefinitionReport,
  DeviceStatus,
  Gap,
  Lane,
  Reading,
  ReadingSummary,
  Rejection,
  type UplinkRecord,
  Uuid,
  uplinkBatchRecordsMax,
  validatorOf,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';

const Envelope = validatorOf(
  Type.Object(
    {
      lane: Lane,
      epoch: Uuid,
      firstSeq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER - uplinkBatchRecordsMax }),
      records: Type.Array(Type.Unknown(), { minItems: 1, maxItems: uplinkBatchRecordsMax }),
    },
    { additionalProperties: false },
  ),
);

interface RecordChecker {
  readonly lanes: readonly Lane[];
  check(value: unknown): value is UplinkRecord;
  errors(value: unknown): TLocalizedValidationError[];
}

const reading = validatorOf(Reading);
const summary = validatorOf(ReadingSummary);
const gap = validatorOf(Gap);
const alert = validatorOf(AlertTransition);
const shelving = validatorOf(AlertShelving);
const recording = validatorOf(AlertRecording);
const command = validatorOf(CommandUpdate);
const deviceStatus = validatorOf(DeviceStatus);
const definition = validatorOf(DefinitionReport);
const rejection = validatorOf(Rejection);
const configuration = validatorOf(ConfigurationReport);
const findings = validatorOf(ConfigurationFindings);

const readingLanes: readonly Lane[] = ['readings', 'history'];

const recordCheckers: ReadonlyMap<unknown, RecordChecker> = new Map<unknown, RecordChecker>([
  [
    'reading',
    { lanes: readingLanes, check: (value) => reading.Check(value), errors: (value) => reading.Errors(value) },
  ],
  [
    'summary',
    { lanes: readingLanes, check: (value) => summary.Check(value), errors: (value) => summary.Errors(value) },
  ],
  [
    'gap',
    {
      lanes: ['alerts', ...readingLanes],
      check: (value) => gap.Check(value),
      errors: (value) => gap.Errors(value),
    },
  ],
  [
    'alert',
    { lanes: ['alerts'], check: (value) => alert.Check(value), errors: (value) => alert.Errors(value) },
  ],
  [
    'alert-shelving',
    { lanes: ['alerts'], check: (value) => shelving.Check(value), errors: (value) => shelving.Errors(value) },
  ],
  [
    'alert-recording',
    {
      lanes: ['alerts'],
      check: (value) => recording.Check(value),
      errors: (value) => recording.Errors(value),
    },
  ],
  [
    'command',
    { lanes: ['alerts'], check: (value) => command.Check(value), errors: (value) => command.Errors(value) },
  ],
  [
    'device-status',
    {
      lanes: ['alerts'],
      check: (value) => deviceStatus.Check(value),
      errors: (value) => deviceStatus.Errors(value),
    },
  ],
  [
    'device-definition',
    {
      lanes: ['alerts'],
      check: (value) => definition.Check(value),
      errors: (value) => definition.Errors(value),
    },
  ],
  [
    'rejection',
    {
      lanes: ['alerts'],
      check: (value) => rejection.Check(value),
      errors: (value) => rejection.Errors(value),
    },
  ],
  [
    'configuration',
    {
      lanes: ['alerts'],
      check: (value) => configuration.Check(value),
      errors: (value) => configuration.Errors(value),
    },
  ],
  [
    'configuration-findings',
    {
      lanes: ['alerts'],
      check: (value) => findings.Check(value),
      errors: (value) => findings.Errors(value),
    },
  ],
]);

/** A batch whose every record was checked. */
export interface CheckedBatch {
  readonly lane: Lane;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly records: readonly UplinkRecord[];
}

/**
 * Checks a batch: strictly, by the contract, each record by the schema of its type. What is wrong is named as
 * `records.3.value`, so that the gateway can set that record aside (422).
 */
export function checkBatch(value: unknown): CheckedBatch {
  if (!Envelope.Check(value)) {
    const issue = describe(Envelope.Errors(value));
    throw new AndonError({
      code: 'gateways.batch-invalid',
      message: `The batch is not valid: ${issue.field === '' ? 'it' : issue.field} ${issue.message}.`,
      nextStep: 'Send a batch of the form that the contract describes.',
      field: issue.field === '' ? 'body' : issue.field,
      status: 422,
    });
  }
  const records: UplinkRecord[] = [];
  for (const [index, record] of value.records.entries()) {
    records.push(checkRecord(record, index, value.lane));
  }
  return { lane: value.lane, epoch: value.epoch, firstSeq: value.firstSeq, records };
}

function checkRecord(record: unknown, index: number, lane: Lane): UplinkRecord {
  const type = typeof record === 'object' && record !== null && 'type' in record ? record.type : undefined;
  const checker = recordCheckers.get(type);
  if (checker === undefined) {
    throw invalidRecord(index, 'type', 'is not a type of record');
  }
  if (!checker.lanes.includes(lane)) {
    throw invalidRecord(index, 'type', `does not belong to the lane ${lane}`);
  }
  if (!checker.check(record)) {
    const issue = describe(checker.errors(record));
    throw invalidRecord(index, issue.field, issue.message);
  }
  return withStorableTimes(record);
}

function invalidRecord(index: number, field: string, message: string): AndonError {
  const path = ['records', String(index), ...(field === '' ? [] : [field])].join('.');
  return new AndonError({
    code: 'gateways.record-invalid',
    message: `A record of the batch is not valid: ${path} ${message}.`,
    nextStep: 'Set this record aside and send the others.',
    field: path,
    status: 422,
    details: { record: index },
  });
}

function describe(issues: readonly TLocalizedValidationError[]): { field: string; message: string } {
  const issue = issues[0];
  if (issue === undefined) {
    return { field: '', message: 'is not valid' };
  }
  const path = issue.instancePath.split('/').slice(1);
  if (issue.keyword === 'required') {
    path.push(...issue.params.requiredProperties.slice(0, 1));
  } else if (issue.keyword === 'additionalProperties') {
    path.push(...issue.params.additionalProperties.slice(0, 1));
  }
  return { field: path.join('.'), message: issue.message };
}

/** The last millisecond that is written with a year of four digits, as JSON and databases like it. */
const timeMax = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const storableTime = (time: number): number => Math.min(time, timeMax);

/** A device whose clock is absurdly wrong loses its record's date, never the record. */
function withStorableTimes(record: UplinkRecord): UplinkRecord {
  switch (record.type) {
    case 'reading':
    case 'alert':
      return record.sourceTime <= timeMax && record.gatewayTime <= timeMax
        ? record
        : {
            ...record,
            sourceTime: storableTime(record.sourceTime),
            gatewayTime: storableTime(record.gatewayTime),
          };
    case 'gap':
    case 'summary':
    case 'alert-recording':
      return { ...record, from: storableTime(record.from), to: storableTime(record.to) };
    case 'alert-shelving':
      return { ...record, at: storableTime(record.at), until: storableTime(record.until) };
    case 'rejection':
      return { ...record, lastAt: storableTime(record.lastAt) };
    case 'command':
    case 'device-status':
    case 'device-definition':
    case 'configuration':
    case 'configuration-findings':
      return { ...record, at: storableTime(record.at) };
  }
}
