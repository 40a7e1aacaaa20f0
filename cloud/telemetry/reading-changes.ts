import type { NumberedReading } from './reading-columns.ts';
import { columnsOfValue, summableMax } from './reading-columns.ts';
import type { NumberedSummary } from './summary-store.ts';

/** What a batch adds to one minute of one signal. */
export interface MinuteChange {
  readonly signalId: number;
  /** Minutes since 1970-01-01. */
  readonly minute: number;
  count: number;
  badCount: number;
  numericCount: number;
  total: number;
  minimum: number | null;
  maximum: number | null;
  /** Epoch milliseconds. */
  lastTime: number | null;
  last: number | null;
}

const minuteMilliseconds = 60_000;

/** What readings and summaries add to the minutes that they lie in; a summary lies where it begins. */
export class MinuteChanges {
  readonly #bySignal = new Map<number, Map<number, MinuteChange>>();

  addReading({ signalId, reading }: NumberedReading): void {
    const change = this.#changeOf(signalId, reading.sourceTime);
    change.count += 1;
    if (reading.quality === 'BAD') {
      change.badCount += 1;
      return;
    }
    const { value } = columnsOfValue(reading.value);
    if (value === null) {
      return;
    }
    if (Math.abs(value) < summableMax) {
      change.numericCount += 1;
      change.total += value;
    }
    widen(change, value, value);
    noteLast(change, reading.sourceTime, value);
  }

  addSummary({ signalId, summary }: NumberedSummary): void {
    const change = this.#changeOf(signalId, summary.from);
    change.count += summary.count;
    change.badCount += summary.badCount;
    if (summary.mean !== undefined && Math.abs(summary.mean) < summableMax) {
      change.numericCount += summary.numericCount;
      change.total += summary.mean * summary.numericCount;
    }
    widen(change, summary.minimum ?? null, summary.maximum ?? null);
    const last = columnsOfValue(summary.last).value;
    if (last !== null) {
      noteLast(change, summary.to, last);
    }
  }

  all(): MinuteChange[] {
    return [...this.#bySignal.values()].flatMap((minutes) => [...minutes.values()]);
  }

  #changeOf(signalId: number, time: number): MinuteChange {
    const minute = Math.floor(time / minuteMilliseconds);
    let minutes = this.#bySignal.get(signalId);
    if (minutes === undefined) {
      minutes = new Map();
      this.#bySignal.set(signalId, minutes);
    }
    let change = minutes.get(minute);
    if (change === undefined) {
      change = {
        signalId,
        minute,
        count: 0,
        badCount: 0,
        numericCount: 0,
        total: 0,
        minimum: null,
        maximum: null,
        lastTime: null,
        last: null,
      };
      minutes.set(minute, change);
    }
    return change;
  }
}

function widen(change: MinuteChange, minimum: number | null, maximum: number | null): void {
  if (minimum !== null && (change.minimum === null || minimum < change.minimum)) {
    change.minimum = minimum;
  }
  if (maximum !== null && (change.maximum === null || maximum > change.maximum)) {
    change.maximum = maximum;
  }
}

/** Of two at one time the later one in the lane. */
function noteLast(change: MinuteChange, time: number, value: number): void {
  if (change.lastTime === null || time >= change.lastTime) {
    change.lastTime = time;
    change.last = value;
  }
}

/** The columns of `reading_changes`, each as the text of a PostgreSQL array. */
export interface ChangeArrays {
  readonly signalIds: string;
  readonly minutes: string;
  readonly counts: string;
  readonly badCounts: string;
  readonly numericCounts: string;
  readonly totals: string;
  readonly minima: string;
  readonly maxima: string;
  readonly lastTimes: string;
  readonly lasts: string;
}

export function changeArrays(changes: readonly MinuteChange[]): ChangeArrays {
  const column = (of: (change: MinuteChange) => number | null): string =>
    `{${changes.map((change) => of(change) ?? 'NULL').join(',')}}`;
  return {
    signalIds: column(({ signalId }) => signalId),
    minutes: column(({ minute }) => minute),
    counts: column(({ count }) => count),
    badCounts: column(({ badCount }) => badCount),
    numericCounts: column(({ numericCount }) => numericCount),
    totals: column(({ total }) => total),
    minima: column(({ minimum }) => minimum),
    maxima: column(({ maximum }) => maximum),
    lastTimes: column(({ lastTime }) => lastTime),
    lasts: column(({ last }) => last),
  };
}
