import { Quality, type Reading, SignalValue, UnitCode, type WindowAggregate } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import type { Surroundings } from './formula/index.ts';
import type { Plan } from './plan.ts';
import { numberOf } from './values.ts';

const strict = { additionalProperties: false };

/** The latest that is known of a signal, or (as `rule:name`, true or false) of a rule. */
export const Input = Type.Object(
  {
    value: SignalValue,
    quality: Quality,
    sourceTime: Type.Number(),
    gatewayTime: Type.Number(),
    unit: Type.Optional(UnitCode),
  },
  strict,
);
export type Input = Static<typeof Input>;

/** What one step of the window gathered. Times are on the scale of `Memory.elapsed`. */
const Bucket = Type.Object(
  {
    index: Type.Integer(),
    firstAt: Type.Number(),
    first: Type.Number(),
    lastAt: Type.Number(),
    last: Type.Number(),
    min: Type.Number(),
    max: Type.Number(),
    sum: Type.Number(),
    count: Type.Integer({ minimum: 1 }),
  },
  strict,
);
type Bucket = Static<typeof Bucket>;

/** What a rule with a plan remembers between readings. */
export const Memory = Type.Object(
  {
    inputs: Type.Record(Type.String(), Input),
    /** The device's time of the latest reading of the rule's own signal; null before the first. */
    sourceTime: Type.Union([Type.Number(), Type.Null()]),
    /** Milliseconds by the device's clock since the first such reading; its steps back count as nothing. */
    elapsed: Type.Number({ minimum: 0 }),
    /** Since when the window has been filled without a gap, on the scale of `elapsed`. */
    gatheringSince: Type.Number({ minimum: 0 }),
    bucketMilliseconds: Type.Number({ minimum: 1 }),
    buckets: Type.Array(Bucket, { maxItems: 100 }),
    /** The value from which the signal has not moved, and since when. */
    anchor: Type.Union([Type.Object({ value: SignalValue, since: Type.Number() }, strict), Type.Null()]),
    /** Since when the quality is BAD, or no longer so, by the gateway's clock; -1 where it is not. */
    badSince: Type.Number({ minimum: -1 }),
    fineSince: Type.Number({ minimum: -1 }),
  },
  strict,
);
export type Memory = Static<typeof Memory>;

export const emptyMemory: Memory = Object.freeze({
  inputs: {},
  sourceTime: null,
  elapsed: 0,
  gatheringSince: 0,
  bucketMilliseconds: 1,
  buckets: [],
  anchor: null,
  badSince: -1,
  fineSince: -1,
});

/** Under which name the state of a rule is an input of another one. */
export function ruleInput(rule: string): string {
  return `rule:${rule}`;
}

/** A signal may be called `constructor`: only what was put in counts. */
function inputOf(memory: Memory, name: string): Input | undefined {
  return Object.hasOwn(memory.inputs, name) ? memory.inputs[name] : undefined;
}

export function surroundingsOf(memory: Memory): Surroundings {
  return {
    signal: (name) => {
      const input = inputOf(memory, name);
      return input === undefined || input.quality === 'BAD' ? undefined : input.value;
    },
    quality: (name) => inputOf(memory, name)?.quality,
    active: (rule) => inputOf(memory, ruleInput(rule))?.value === true,
  };
}

/** The number of an input: NaN where it is unknown, BAD or no number. */
export function inputNumber(memory: Memory, name: string): number {
  const input = inputOf(memory, name);
  if (input === undefined || input.quality === 'BAD') return Number.NaN;
  return numberOf(input.value);
}

export function noteInput(memory: Memory, name: string, input: Input): Memory {
  return { ...memory, inputs: { ...memory.inputs, [name]: input } };
}

/** Takes in one reading of one of the rule's signals. */
export function noteReading(memory: Memory, plan: Plan, reading: Reading): Memory {
  const { signal, value, quality, sourceTime, gatewayTime, unit } = reading;
  const input: Input = { value, quality, sourceTime, gatewayTime };
  if (unit !== undefined) input.unit = unit;
  const noted = noteInput(memory, signal, input);
  if (signal !== plan.signals[0]) return noted;
  const passed = Math.max(0, sourceTime - (memory.sourceTime ?? sourceTime));
  const elapsed = memory.elapsed + passed;
  const moved: Memory = { ...noted, sourceTime, elapsed, ...qualityTimes(memory, reading) };
  if (quality === 'BAD') return moved;
  return gather(anchored(moved, plan, value), plan, value);
}

function qualityTimes(memory: Memory, { quality, gatewayTime }: Reading) {
  return quality === 'BAD'
    ? { badSince: memory.badSince >= 0 ? memory.badSince : gatewayTime, fineSince: -1 }
    : { badSince: -1, fineSince: memory.fineSince >= 0 ? memory.fineSince : gatewayTime };
}

/** Moves the anchor where the value has left it by more than epsilon. */
function anchored(memory: Memory, plan: Plan, value: SignalValue): Memory {
  if (plan.stuck === undefined) return memory;
  const { anchor, elapsed } = memory;
  const stays =
    anchor !== null &&
    (typeof value === 'number' && typeof anchor.value === 'number'
      ? Math.abs(value - anchor.value) <= plan.stuck.epsilon
      : value === anchor.value);
  return stays ? memory : { ...memory, anchor: { value, since: elapsed } };
}

/** Puts a value into the step of the window that its time falls into, and lets the oldest steps go. */
function gather(memory: Memory, plan: Plan, raw: SignalValue): Memory {
  if (plan.windowMilliseconds === 0) return memory;
  const value = plan.countsValues ? 1 : numberOf(raw);
  if (Number.isNaN(value)) return memory;
  const { elapsed } = memory;
  const { bucketMilliseconds, windowMilliseconds } = plan;
  const index = Math.floor(elapsed / bucketMilliseconds);
  const oldest = Math.floor((elapsed - windowMilliseconds) / bucketMilliseconds);
  const fits = memory.bucketMilliseconds === bucketMilliseconds;
  const kept = fits ? youngerThan(memory.buckets, oldest) : [];
  const last = kept.at(-1);
  const gatheringSince = last === undefined ? elapsed : memory.gatheringSince;
  if (last?.index === index) kept[kept.length - 1] = added(last, elapsed, value);
  else kept.push(began(index, elapsed, value));
  return { ...memory, gatheringSince, bucketMilliseconds, buckets: kept };
}

/** A copy without the steps that have left the window, which are at the front. */
function youngerThan(buckets: readonly Bucket[], oldest: number): Bucket[] {
  let first = 0;
  while (first < buckets.length && (buckets[first]?.index ?? 0) <= oldest) first += 1;
  return buckets.slice(first);
}

const began = (index: number, at: number, value: number): Bucket => ({
  index,
  firstAt: at,
  first: value,
  lastAt: at,
  last: value,
  min: value,
  max: value,
  sum: value,
  count: 1,
});

const added = (bucket: Bucket, at: number, value: number): Bucket => ({
  ...bucket,
  lastAt: at,
  last: value,
  min: Math.min(bucket.min, value),
  max: Math.max(bucket.max, value),
  sum: bucket.sum + value,
  count: bucket.count + 1,
});

/** Change a millisecond between the oldest and the newest value of the window; NaN until half of it is covered. */
export function rateOf({ buckets }: Memory, windowMilliseconds: number): number {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  const span = last.lastAt - first.firstAt;
  return span > 0 && span >= windowMilliseconds / 2 ? (last.last - first.first) / span : Number.NaN;
}

/** The aggregate of the window; NaN until it was filled once. */
export function windowValue(memory: Memory, aggregate: WindowAggregate, windowMilliseconds: number): number {
  const { buckets, elapsed, gatheringSince } = memory;
  if (buckets.length === 0 || elapsed - gatheringSince < windowMilliseconds) return Number.NaN;
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const bucket of buckets) {
    if (bucket.min < min) min = bucket.min;
    if (bucket.max > max) max = bucket.max;
    sum += bucket.sum;
    count += bucket.count;
  }
  return { min, max, sum, count, mean: sum / count }[aggregate];
}

/** How long the value has not moved. */
export function stuckMilliseconds({ anchor, elapsed }: Memory): number {
  return anchor === null ? 0 : elapsed - anchor.since;
}
