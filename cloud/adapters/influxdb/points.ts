import { Point } from '@influxdata/influxdb-client';
import {
  clockStates,
  columnsOfValue,
  type NumberedReading,
  qualities,
  type ReadingNote,
  type StoredReading,
  summableMax,
  valueOfColumns,
} from '../../telemetry/index.ts';

/** The measurement; a server that answers PromQL calls its series `andon_reading_value` and so on. */
export const measurement = 'andon_reading';

/**
 * The fields of a point. Those that would say the usual are left out: each is a series of its own at the server.
 *
 * value        what can be computed with: a number, or a boolean as 1 and 0, of a quality that is not BAD
 * huge_value   the same where it is too large to be added up: among others it would cost them their digits
 * bad_value    the same of BAD quality
 * quality      0 GOOD, 1 UNCERTAIN, 2 BAD; in every point
 * received     when it arrived, epoch milliseconds; in every point
 * gateway_time when the gateway got it, where that is not the time of the point
 * clock_state  0 SYNCHRONIZED (left out), 1 UNSYNCHRONIZED, 2 CORRECTED
 * historical   1, or left out
 * kind         1 boolean, 2 text, or left out
 */
export const fieldNames = [
  'value',
  'huge_value',
  'bad_value',
  'quality',
  'received',
  'gateway_time',
  'clock_state',
  'historical',
  'kind',
] as const;
export type FieldName = (typeof fieldNames)[number];
export type Fields = Partial<Record<FieldName, number>>;

const booleanKind = 1;
const textKind = 2;
const badQuality = qualities.indexOf('BAD');

export function pointOf({ reading }: NumberedReading, ordinal: number, receivedAt: Date): Point {
  const { value } = columnsOfValue(reading.value);
  const quality = qualities.indexOf(reading.quality);
  const point = new Point(measurement)
    .tag('device', reading.deviceId)
    .tag('signal', reading.signal)
    .intField('quality', quality)
    .intField('received', receivedAt.getTime())
    .timestamp(reading.sourceTime);
  if (ordinal > 0) {
    point.tag('n', String(ordinal));
  }
  if (value !== null) {
    const usable = Math.abs(value) < summableMax ? 'value' : 'huge_value';
    point.floatField(quality === badQuality ? 'bad_value' : usable, value);
  }
  const unusual: Fields = {
    clock_state: clockStates.indexOf(reading.clockState),
    historical: reading.historical ? 1 : 0,
    kind: typeof reading.value === 'boolean' ? booleanKind : typeof reading.value === 'string' ? textKind : 0,
    gateway_time: reading.gatewayTime === reading.sourceTime ? 0 : reading.gatewayTime,
  };
  for (const [name, number] of Object.entries(unusual)) {
    if (number !== 0) {
      point.intField(name, number);
    }
  }
  return point;
}

/** What a point cannot say; undefined where it says all. */
export function noteOf({ signalId, reading }: NumberedReading, ordinal: number): ReadingNote | undefined {
  const text = typeof reading.value === 'string' ? reading.value : null;
  const qualityReason = reading.qualityReason ?? null;
  const originalTime = reading.originalTime ?? null;
  return text === null && qualityReason === null && originalTime === null
    ? undefined
    : { signalId, sourceTime: reading.sourceTime, ordinal, text, qualityReason, originalTime };
}

/** The reading that a point and its note came from. */
export function readingOfFields(
  place: { time: number; ordinal: number },
  fields: Fields,
  note: ReadingNote | undefined,
): StoredReading {
  const number = fields.value ?? fields.huge_value ?? fields.bad_value ?? null;
  const text = fields.kind === booleanKind ? String(number === 1) : (note?.text ?? null);
  return {
    id: place.ordinal,
    position: new Date(place.time).toISOString(),
    sourceTime: new Date(place.time),
    gatewayTime: new Date(fields.gateway_time ?? place.time),
    receivedAt: new Date(fields.received ?? place.time),
    originalTime: note?.originalTime == null ? null : new Date(note.originalTime),
    value: valueOfColumns(number, text),
    quality: qualities[fields.quality ?? badQuality] ?? 'BAD',
    qualityReason: note?.qualityReason ?? null,
    clockState: clockStates[fields.clock_state ?? 0] ?? 'UNSYNCHRONIZED',
    historical: fields.historical === 1,
  };
}
