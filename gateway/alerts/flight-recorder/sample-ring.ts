import type { Quality, Reading, SignalValue } from '@andon/shared/contracts';

/** One value as the ring keeps it. */
export interface Sample {
  readonly signal: string;
  readonly value: SignalValue;
  readonly quality: Quality;
  readonly sourceTime: number;
  readonly gatewayTime: number;
}

/** Memory that one sample takes: three doubles, a signal's number and a quality. */
export const sampleBytes = 27;
const capacityFirst = 32;
const qualities: readonly Quality[] = ['GOOD', 'UNCERTAIN', 'BAD'];
/** Different signals of a device that are told apart; more are not recorded. */
const signalsMax = 1000;
const textLengthMax = 200;

/**
 * The latest values of one device, in arrays of numbers: a reading costs a few writes and no object. It grows while
 * what it holds is young enough to be wanted, as far as it may.
 */
export class SampleRing {
  readonly #capacityMax: number;
  #sourceTimes = new Float64Array(capacityFirst);
  #gatewayTimes = new Float64Array(capacityFirst);
  #numbers = new Float64Array(capacityFirst);
  #signals = new Uint16Array(capacityFirst);
  #qualities = new Uint8Array(capacityFirst);
  /** What is no number, by place. */
  readonly #others = new Map<number, SignalValue>();
  readonly #names: string[] = [];
  readonly #numbersOfSignals = new Map<string, number>();
  readonly units = new Map<string, string>();
  /** Samples noted since the beginning. */
  #noted = 0;

  constructor(capacityMax: number) {
    this.#capacityMax = Math.max(1, capacityMax);
    if (this.#capacityMax < capacityFirst) this.#resize(this.#capacityMax);
  }

  static readonly bytesFirst = capacityFirst * sampleBytes;

  get noted(): number {
    return this.#noted;
  }

  get bytes(): number {
    return this.#numbers.length * sampleBytes;
  }

  /** `mayGrow` is asked only where what would be overwritten is younger than `keepSince`. */
  note(reading: Reading, keepSince: number, mayGrow: (bytes: number) => boolean): void {
    const signal = this.#signalNumber(reading);
    if (signal === undefined) return;
    const capacity = this.#numbers.length;
    let place = this.#noted % capacity;
    const isFull = this.#noted >= capacity;
    if (isFull && (this.#gatewayTimes[place] ?? 0) > keepSince && capacity < this.#capacityMax) {
      const wanted = Math.min(capacity * 2, this.#capacityMax);
      if (mayGrow((wanted - capacity) * sampleBytes)) {
        this.#resize(wanted);
        place = this.#noted % wanted;
      }
    }
    this.#sourceTimes[place] = reading.sourceTime;
    this.#gatewayTimes[place] = reading.gatewayTime;
    this.#signals[place] = signal;
    this.#qualities[place] = qualities.indexOf(reading.quality);
    const { value } = reading;
    if (this.#others.size > 0) this.#others.delete(place);
    if (typeof value === 'number') {
      this.#numbers[place] = value;
    } else {
      this.#numbers[place] = Number.NaN;
      this.#others.set(place, typeof value === 'string' ? value.slice(0, textLengthMax) : value);
    }
    this.#noted += 1;
  }

  /** Those with numbers from `first` on (they count from 0) and below `end` that are still there, oldest first. */
  *since(first: number, end = this.#noted): Generator<Sample> {
    const capacity = this.#numbers.length;
    for (let number = Math.max(first, this.#noted - capacity, 0); number < end; number += 1) {
      const place = number % capacity;
      yield {
        signal: this.#names[this.#signals[place] ?? 0] ?? '',
        value: this.#others.has(place) ? (this.#others.get(place) ?? null) : (this.#numbers[place] ?? null),
        quality: qualities[this.#qualities[place] ?? 0] ?? 'BAD',
        sourceTime: this.#sourceTimes[place] ?? 0,
        gatewayTime: this.#gatewayTimes[place] ?? 0,
      };
    }
  }

  /** Is the sample of this number overwritten already? */
  hasLost(number: number): boolean {
    return number < this.#noted - this.#numbers.length;
  }

  /** Has it lost samples although the oldest that is there is of this time or younger? */
  isCutSince(sourceTime: number): boolean {
    const capacity = this.#numbers.length;
    return this.#noted > capacity && (this.#sourceTimes[this.#noted % capacity] ?? 0) >= sourceTime;
  }

  #signalNumber({ signal, unit }: Reading): number | undefined {
    const known = this.#numbersOfSignals.get(signal);
    if (known !== undefined) return known;
    if (this.#names.length >= signalsMax) return undefined;
    this.#numbersOfSignals.set(signal, this.#names.length);
    if (unit !== undefined) this.units.set(signal, unit);
    return this.#names.push(signal) - 1;
  }

  /** Moves what is there to where it belongs in arrays of another length. */
  #resize(capacity: number): void {
    const old = this.#numbers.length;
    const [sourceTimes, gatewayTimes, numbers] = [
      new Float64Array(capacity),
      new Float64Array(capacity),
      new Float64Array(capacity),
    ];
    const [signals, qualitiesOfSamples] = [new Uint16Array(capacity), new Uint8Array(capacity)];
    const others = new Map(this.#others);
    this.#others.clear();
    for (let number = Math.max(0, this.#noted - Math.min(old, capacity)); number < this.#noted; number += 1) {
      const [from, to] = [number % old, number % capacity];
      sourceTimes[to] = this.#sourceTimes[from] ?? 0;
      gatewayTimes[to] = this.#gatewayTimes[from] ?? 0;
      numbers[to] = this.#numbers[from] ?? 0;
      signals[to] = this.#signals[from] ?? 0;
      qualitiesOfSamples[to] = this.#qualities[from] ?? 0;
      if (others.has(from)) this.#others.set(to, others.get(from) ?? null);
    }
    this.#sourceTimes = sourceTimes;
    this.#gatewayTimes = gatewayTimes;
    this.#numbers = numbers;
    this.#signals = signals;
    this.#qualities = qualitiesOfSamples;
  }
}
