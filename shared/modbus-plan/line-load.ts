import type { ModbusRtuConnector, ModbusSlave } from '../contracts/index.ts';
import { cronGapMilliseconds } from './cron.ts';
import { pointsOf } from './points.ts';
import { type RateGroup, rateGroups, rateText } from './rates.ts';
import { limitsOf, planReads, type ReadBlock } from './read-plan.ts';
import { readMilliseconds, type WireTiming, wireTimingOf } from './wire-time.ts';

/** A kind of turn of a slave: what is read when these rates fall together. */
export interface Turn {
  readonly label: string;
  readonly perSecond: number;
  readonly blocks: readonly ReadBlock[];
  /** What one such turn takes of the line. */
  readonly milliseconds: number;
  /** Of the line's time, 1 being all of it. */
  readonly share: number;
}

export interface SlaveLoad {
  readonly deviceId: string;
  readonly unitId: number;
  readonly turns: readonly Turn[];
  readonly groups: readonly {
    readonly label: string;
    readonly periodMilliseconds: number;
    readonly signals: readonly string[];
  }[];
  /** What a turn takes in which all that can fall together does; where that was not looked for, a little more. */
  readonly longestMilliseconds: number;
}

/** What the polls of a line take of its time, were every slave to answer at once. */
export interface LineLoad {
  readonly timing: WireTiming;
  readonly slaves: readonly SlaveLoad[];
  /** 1 is all of the line's time; what is above cannot be done. */
  readonly share: number;
}

/**
 * Beyond so many turns until a pattern repeats itself, the load is counted as if rates never fell together, and the
 * longest turn as if all of them did.
 */
const turnsMax = 10_000;

type LineSettings = Pick<ModbusRtuConnector, 'port' | 'turnaroundMilliseconds' | 'slaves'>;

export function lineLoad(settings: LineSettings): LineLoad {
  const timing = wireTimingOf(settings);
  const slaves = settings.slaves.map((slave) => slaveLoad(slave, timing));
  return { timing, slaves, share: sum(slaves.flatMap(({ turns }) => turns.map(({ share }) => share))) };
}

function slaveLoad(slave: ModbusSlave, timing: WireTiming): SlaveLoad {
  const groups = rateGroups(pointsOf(slave), slave.pollMilliseconds);
  const limits = limitsOf(slave);
  const turnOf = ({ due, perSecond }: Due): Turn => {
    const blocks = planReads(
      due.flatMap(({ points }) => points),
      limits,
    );
    const milliseconds = sum(blocks.map((block) => readMilliseconds(block, timing)));
    const label = due.map(({ rate }) => rateText(rate)).join(' and ');
    return { label, perSecond, blocks, milliseconds, share: (milliseconds * perSecond) / 1000 };
  };
  const { together, alone } = patternOf(groups);
  const [turnsTogether, turnsAlone] = [together.map(turnOf), alone.map(turnOf)];
  const millisecondsOf = (list: readonly Turn[]) => list.map(({ milliseconds }) => milliseconds);
  return {
    deviceId: slave.deviceId,
    unitId: slave.unitId,
    turns: [...turnsTogether, ...turnsAlone],
    groups: groups.map((group) => ({
      label: rateText(group.rate),
      periodMilliseconds: periodOf(group),
      signals: group.points.map(({ signal }) => signal),
    })),
    longestMilliseconds: Math.max(0, ...millisecondsOf(turnsTogether)) + sum(millisecondsOf(turnsAlone)),
  };
}

const periodOf = ({ rate }: RateGroup): number =>
  rate.kind === 'every' ? rate.milliseconds : cronGapMilliseconds(rate.expression);

/** Rates that fall together, and how often they do. */
interface Due {
  readonly due: readonly RateGroup[];
  readonly perSecond: number;
}

/**
 * Which rates fall together, and how often: they all begin at the same moment. Those that are `alone` were not compared
 * with the others, and may fall together with any of them.
 */
function patternOf(groups: readonly RateGroup[]): { together: readonly Due[]; alone: readonly Due[] } {
  const steady = groups.filter(({ rate }) => rate.kind === 'every');
  const periods = steady.map(periodOf);
  const repeats = periods.reduce(leastCommonMultiple, 1);
  const alone = (group: RateGroup) => ({ due: [group], perSecond: 1000 / periodOf(group) });
  if (sum(periods.map((period) => repeats / period)) > turnsMax) {
    return { together: [], alone: groups.map(alone) };
  }
  const moments = new Set(
    periods.flatMap((period) => Array.from({ length: repeats / period }, (_, turn) => turn * period)),
  );
  const counts = new Map<string, { due: RateGroup[]; count: number }>();
  for (const moment of moments) {
    const due = steady.filter((group) => moment % periodOf(group) === 0);
    const key = due.map(({ rate }) => rateText(rate)).join();
    const known = counts.get(key) ?? { due, count: 0 };
    counts.set(key, { due, count: known.count + 1 });
  }
  const together = [...counts.values()].map(({ due, count }) => ({
    due,
    perSecond: (count / repeats) * 1000,
  }));
  return { together, alone: groups.filter(({ rate }) => rate.kind === 'cron').map(alone) };
}

/**
 * How old a value can be just before its next one comes, while every slave answers: its own rhythm, and one turn of
 * each slave, since a slave that is due waits for those that were due before it, and each of them is due once at most.
 */
export function worstAgeMilliseconds(
  periodMilliseconds: number,
  turnMilliseconds: readonly number[],
): number {
  const round = sum(turnMilliseconds);
  // Where a round outlasts the rhythm, the next turn counts from its end.
  return periodMilliseconds + (round <= periodMilliseconds ? round : 2 * round);
}

/** One sentence that says why the polls do not fit; undefined where they do. */
export function overload(load: LineLoad): string | undefined {
  if (load.share <= 1) {
    return undefined;
  }
  const busiest = load.slaves
    .map(({ deviceId, turns }) => ({ deviceId, share: sum(turns.map(({ share }) => share)) }))
    .toSorted((one, other) => other.share - one.share)
    .slice(0, 3)
    .map(({ deviceId, share }) => `${deviceId} ${percent(share)}`);
  return (
    `polls need ${percent(load.share)} of the line’s time even if every slave answers at once ` +
    `(${busiest.join(', ')}): poll less often, raise the baud rate, or let gaps be read over; ` +
    '`bus-doctor` shows the arithmetic'
  );
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function leastCommonMultiple(one: number, other: number): number {
  let [a, b] = [one, other];
  while (b !== 0) {
    [a, b] = [b, a % b];
  }
  return (one / a) * other;
}
