import type { ClockState, Quality, Reading } from '@andon/shared/contracts';

/** As stored: small numbers in the place of words. The order is part of the database; append only. */
export const qualities: readonly Quality[] = ['GOOD', 'UNCERTAIN', 'BAD'];
export const clockStates: readonly ClockState[] = ['SYNCHRONIZED', 'UNSYNCHRONIZED', 'CORRECTED'];

/** What is larger is left out of totals and means: the sum of a million of these still is a number. */
export const summableMax = 1e150;

/** What a reading holds, in the two columns that it is stored in: a boolean fills both. */
export function columnsOfValue(value: Reading['value']): { value: number | null; text: string | null } {
  switch (typeof value) {
    case 'number':
      return { value, text: null };
    case 'boolean':
      return { value: value ? 1 : 0, text: String(value) };
    case 'string':
      return { value: null, text: value };
    default:
      return { value: null, text: null };
  }
}

export function valueOfColumns(value: number | null, text: string | null): Reading['value'] {
  if (text === null) {
    return value;
  }
  return value === null ? text : text === 'true';
}

/** A reading and the number of its signal. */
export interface NumberedReading {
  readonly signalId: number;
  readonly reading: Reading;
}

/** Readings turned into columns, each as the text of a PostgreSQL array. */
export interface ReadingArrays {
  readonly signalIds: string;
  readonly sourceTimes: string;
  readonly gatewayTimes: string;
  readonly values: string;
  readonly qualities: string;
  readonly clockStates: string;
  readonly historical: string;
  /** Undefined where every element would be null, which is the common case. */
  readonly texts: string | undefined;
  readonly reasons: string | undefined;
  readonly originalTimes: string | undefined;
}

/**
 * A batch is inserted by one statement from arrays. Written here as text without the driver's escaping of every
 * single number, which costs more than everything else that is done with a reading in this process.
 */
export function toArrays(readings: readonly NumberedReading[]): ReadingArrays {
  const columns = readings.map(({ reading }) => columnsOfValue(reading.value));
  return {
    signalIds: arrayOf(readings.map(({ signalId }) => signalId)),
    sourceTimes: arrayOf(readings.map(({ reading }) => reading.sourceTime)),
    gatewayTimes: arrayOf(readings.map(({ reading }) => reading.gatewayTime)),
    values: arrayOf(columns.map(({ value }) => value ?? 'NULL')),
    qualities: arrayOf(readings.map(({ reading }) => qualities.indexOf(reading.quality))),
    clockStates: arrayOf(readings.map(({ reading }) => clockStates.indexOf(reading.clockState))),
    historical: arrayOf(readings.map(({ reading }) => (reading.historical ? 't' : 'f'))),
    texts: textArrayOf(columns.map(({ text }) => text)),
    reasons: textArrayOf(readings.map(({ reading }) => reading.qualityReason ?? null)),
    originalTimes: readings.some(({ reading }) => reading.originalTime !== undefined)
      ? arrayOf(readings.map(({ reading }) => reading.originalTime ?? 'NULL'))
      : undefined,
  };
}

function arrayOf(elements: readonly (number | string)[]): string {
  return `{${elements.join(',')}}`;
}

function textArrayOf(elements: readonly (string | null)[]): string | undefined {
  if (elements.every((element) => element === null)) {
    return undefined;
  }
  const quoted = elements.map((element) =>
    element === null ? 'NULL' : `"${element.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  return arrayOf(quoted);
}

/** How far in the future of its arrival a reading may be dated and still be believed as the latest. */
export const futureToleranceMilliseconds = 3_600_000;

/**
 * The latest reading of each signal, by the device's time. One that is dated in the future is the latest only where
 * there is no other: a clock that was wrong once must not hide all that follows.
 */
export function latestOfEach(
  readings: readonly NumberedReading[],
  receivedAt: number,
): Map<number, NumberedReading> {
  const latest = new Map<number, NumberedReading>();
  const horizon = receivedAt + futureToleranceMilliseconds;
  const rank = ({ reading }: NumberedReading) => (reading.sourceTime > horizon ? -1 : reading.sourceTime);
  for (const candidate of readings) {
    const best = latest.get(candidate.signalId);
    if (best === undefined || rank(candidate) >= rank(best)) {
      latest.set(candidate.signalId, candidate);
    }
  }
  return latest;
}
