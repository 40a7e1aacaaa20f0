import {
  type Gap,
  gapSignalsMax,
  type Reading,
  type ReadingSummary,
  type UplinkRecord,
} from '@andon/shared/contracts';

/** A loss is told for each of so many devices; what the others lost is told together. */
const devicesToldMax = 200;

/**
 * Thins readings to what a chart needs of them: of each signal and each bucket of the device's time, the smallest, the
 * largest, the mean, the last and how many there were. What was thinned before is thinned further by a wider bucket,
 * and counts for as much as it stands for. A reading that is alone in its bucket stays what it is, and so do records
 * whose time is still to be corrected. Gaps of one device and reason become one. The order is that of the first of each.
 */
export function thin(records: readonly UplinkRecord[], bucketMilliseconds: number): UplinkRecord[] {
  const kept: (UplinkRecord | Thinning | GapSum)[] = [];
  const thinnings = new Map<string, Thinning>();
  const gaps = new Map<string, GapSum>();
  for (const record of records) {
    if ('clock' in record) {
      kept.push(record);
    } else if (record.type === 'gap') {
      const key = JSON.stringify([record.deviceId, record.reason]);
      gaps.set(
        key,
        addTo(kept, gaps.get(key), () => new GapSum(record), record),
      );
    } else if (record.type === 'reading' || record.type === 'summary') {
      const time = record.type === 'reading' ? record.sourceTime : record.from;
      const bucket = Math.floor(time / bucketMilliseconds);
      const key = `${record.deviceId} ${record.signal} ${bucket}`;
      thinnings.set(
        key,
        addTo(kept, thinnings.get(key), () => new Thinning(record), record),
      );
    } else {
      kept.push(record);
    }
  }
  return kept.map((entry) => (entry instanceof Thinning || entry instanceof GapSum ? entry.record() : entry));
}

/** What is told of records that are dropped: how many of which device and signals, from when to when, and why. */
export function gapsOf(records: readonly UplinkRecord[], reason: string): Gap[] {
  const sums = new Map<string | undefined, GapSum>();
  for (const record of records) {
    const gap = gapOf(record, reason);
    const key = sums.has(gap.deviceId) || sums.size < devicesToldMax ? gap.deviceId : undefined;
    const told: Gap = key === gap.deviceId ? gap : withoutDevice(gap);
    const sum = sums.get(key);
    if (sum) {
      sum.add(told);
    } else {
      sums.set(key, new GapSum(told));
    }
  }
  return [...sums.values()].map((sum) => sum.record());
}

/** How many of these were whole until now: a gap among them was told of before. */
export function newlyLost(records: readonly UplinkRecord[]): number {
  return records.reduce((sum, record) => {
    if (record.type === 'gap') return sum;
    return sum + (record.type === 'summary' ? record.count : 1);
  }, 0);
}

function addTo<Kind extends { add(record: Item): void }, Item>(
  kept: unknown[],
  known: Kind | undefined,
  make: () => Kind,
  record: Item,
): Kind {
  if (known) {
    known.add(record);
    return known;
  }
  const made = make();
  kept.push(made);
  return made;
}

/** An older gap is told again as it was, with its own reason lost to the newer one. */
function gapOf(record: UplinkRecord, reason: string): Gap {
  const told = { type: 'gap', reason } as const;
  switch (record.type) {
    case 'gap':
      return { ...record, reason };
    case 'reading': {
      const { deviceId, signal, sourceTime } = record;
      return { ...told, deviceId, signals: [signal], count: 1, from: sourceTime, to: sourceTime };
    }
    case 'summary': {
      const { deviceId, signal, count, from, to } = record;
      return { ...told, deviceId, signals: [signal], count, from, to };
    }
    case 'alert':
      return {
        ...told,
        deviceId: record.deviceId,
        count: 1,
        from: record.gatewayTime,
        to: record.gatewayTime,
      };
    case 'rejection':
      return {
        ...told,
        ...(record.deviceId !== undefined && { deviceId: record.deviceId }),
        count: 1,
        from: record.lastAt,
        to: record.lastAt,
      };
    case 'command':
    case 'device-status':
      return { ...told, deviceId: record.deviceId, count: 1, from: record.at, to: record.at };
    case 'alert-recording':
      return { ...told, deviceId: record.deviceId, count: 1, from: record.from, to: record.to };
    default:
      return { ...told, count: 1, from: record.at, to: record.at };
  }
}

function withoutDevice({ type, reason, count, from, to }: Gap): Gap {
  return { type, reason, count, from, to };
}

/** Gaps that become one. */
class GapSum {
  readonly #first: Gap;
  /** Undefined where it may be any signal. */
  #signals: Set<string> | undefined;
  #count = 0;
  #from = Infinity;
  #to = 0;

  constructor(first: Gap) {
    this.#first = first;
    this.#signals = new Set();
    this.add(first);
  }

  add({ signals, count, from, to }: Gap): void {
    if (signals === undefined) {
      this.#signals = undefined;
    }
    for (const signal of signals ?? []) {
      this.#signals?.add(signal);
    }
    this.#count += count;
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  record(): Gap {
    const { deviceId, reason } = this.#first;
    const signals = [...(this.#signals ?? [])];
    const isTold = signals.length > 0 && signals.length <= gapSignalsMax;
    return {
      type: 'gap',
      ...(deviceId !== undefined && { deviceId }),
      ...(isTold && { signals }),
      reason,
      count: this.#count,
      from: this.#from,
      to: this.#to,
    };
  }
}

/** Readings of one signal and bucket that become one record. */
class Thinning {
  readonly #first: Reading | ReadingSummary;
  #unit: string | undefined;
  #from: number;
  #to: number;
  #count = 0;
  #badCount = 0;
  #numericCount = 0;
  #minimum = Infinity;
  #maximum = -Infinity;
  #mean = 0;
  #last: ReadingSummary['last'] = null;
  #lastAt = -Infinity;
  #clockState: Reading['clockState'];
  #records = 0;

  constructor(first: Reading | ReadingSummary) {
    this.#first = first;
    this.#from = Infinity;
    this.#to = -Infinity;
    this.#clockState = first.clockState;
    this.add(first);
  }

  add(record: Reading | ReadingSummary): void {
    this.#records += 1;
    this.#unit = record.unit ?? this.#unit;
    if (record.clockState !== 'SYNCHRONIZED') {
      this.#clockState = record.clockState;
    }
    if (record.type === 'reading') {
      this.#addReading(record);
    } else {
      this.#addSummary(record);
    }
  }

  #addReading({ value, quality, sourceTime }: Reading): void {
    this.#stretch(sourceTime, sourceTime);
    this.#count += 1;
    if (quality === 'BAD') {
      this.#badCount += 1;
      return;
    }
    this.#see(value, sourceTime);
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number === 'number') {
      this.#addNumbers(1, number, number, number);
    }
  }

  #addSummary(summary: ReadingSummary): void {
    const { from, to, count, badCount, numericCount, minimum, maximum, mean, last } = summary;
    this.#stretch(from, to);
    this.#count += count;
    this.#badCount += badCount;
    this.#see(last, to);
    if (minimum !== undefined && maximum !== undefined && mean !== undefined) {
      this.#addNumbers(numericCount, minimum, maximum, mean);
    }
  }

  #stretch(from: number, to: number): void {
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  #see(value: ReadingSummary['last'], at: number): void {
    if (value !== null && at >= this.#lastAt) {
      this.#last = value;
      this.#lastAt = at;
    }
  }

  /** The mean moves by its share, so that no sum grows beyond what a number can hold. */
  #addNumbers(count: number, minimum: number, maximum: number, mean: number): void {
    this.#numericCount += count;
    this.#minimum = Math.min(this.#minimum, minimum);
    this.#maximum = Math.max(this.#maximum, maximum);
    const share = count / this.#numericCount;
    const moved = this.#mean * (1 - share) + mean * share;
    this.#mean = Math.min(this.#maximum, Math.max(this.#minimum, moved));
  }

  record(): Reading | ReadingSummary {
    if (this.#records === 1) {
      return this.#first;
    }
    return {
      type: 'summary',
      deviceId: this.#first.deviceId,
      signal: this.#first.signal,
      ...(this.#unit !== undefined && { unit: this.#unit }),
      from: this.#from,
      to: this.#to,
      count: this.#count,
      badCount: this.#badCount,
      numericCount: this.#numericCount,
      ...(this.#numericCount > 0 && {
        minimum: this.#minimum,
        maximum: this.#maximum,
        mean: this.#mean,
      }),
      last: this.#last,
      clockState: this.#clockState,
    };
  }
}
