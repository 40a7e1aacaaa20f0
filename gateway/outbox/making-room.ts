import type { Lane, OutboxSettings } from '@andon/shared/contracts';
import type { LaneTable } from './lane-table.ts';
import { gapsOf, newlyLost, thin } from './thinning.ts';

/** What to do where a lane's records reach their limit. */
export type WhenFull =
  /** Readings: thin the oldest, then thin them more, then drop them. */
  | 'thin'
  /** Drop the oldest. */
  | 'drop'
  /** Keep the oldest, and take no more until there is room: devices are not acknowledged. */
  | 'refuse';

/** How long and how much a lane keeps. Readings and history are one for this. */
export interface LanePolicy {
  /** Bytes of records at most, within those of the whole outbox. */
  readonly bytesMax?: number;
  readonly timeToLiveMilliseconds?: number;
  readonly whenFull?: WhenFull;
}

export interface RoomPolicy {
  /** Bytes of all records at most. */
  readonly bytesMax: number;
  readonly alerts?: LanePolicy;
  readonly readings?: LanePolicy;
}

/** As the configuration has them. */
export function lanePolicies(settings: OutboxSettings | undefined): Omit<RoomPolicy, 'bytesMax'> {
  return {
    ...(settings?.alerts && { alerts: lanePolicy(settings.alerts) }),
    ...(settings?.readings && { readings: lanePolicy(settings.readings) }),
  };
}

function lanePolicy(
  settings: NonNullable<OutboxSettings['readings'] | OutboxSettings['alerts']>,
): LanePolicy {
  const { bytesMax, timeToLiveHours, whenFull } = settings;
  return {
    ...(bytesMax !== undefined && { bytesMax }),
    ...(timeToLiveHours !== undefined && { timeToLiveMilliseconds: timeToLiveHours * 3_600_000 }),
    ...(whenFull !== undefined && { whenFull }),
  };
}

/** Records that were lost or thinned, by lane. */
export type Losses = Record<Lane, { evicted: number; thinned: number; expired: number }>;

export const noLosses = (): Losses => ({
  alerts: { evicted: 0, thinned: 0, expired: 0 },
  readings: { evicted: 0, thinned: 0, expired: 0 },
  history: { evicted: 0, thinned: 0, expired: 0 },
});

const bucketMilliseconds = { thinned: 60_000, coarse: 15 * 60_000 } as const;
/** So many records are looked at in one step, and so many steps are made in one transaction: nothing waits long. */
const recordsPerStepMax = 20_000;
const stepsMax = 8;
/** What is freed beyond the need, as a share of the budget, so that it is not needed at every commit. */
const slackShare = 0.01;
/** The gaps that tell of a loss take some room themselves. */
const freedBytesMin = 8192;
const evictedReason = 'evicted: the outbox reached its byte budget';
const expiredReason = 'expired: the time to live of the lane has passed';
/** Oldest first: what waits in the history lane came before what is live. */
const readingLanes = ['history', 'readings'] as const;

/** Keeps the lanes within their limits. Everything runs inside the outbox's transactions. */
export class RoomMaker {
  readonly #lanes: Record<Lane, LaneTable>;
  readonly #policy: RoomPolicy;

  constructor(lanes: Record<Lane, LaneTable>, policy: RoomPolicy) {
    this.#lanes = lanes;
    this.#policy = policy;
  }

  /** Would these lanes hold too much if more came? Only where they are told to refuse it then. */
  isFull(lane: 'alerts' | 'readings'): boolean {
    const { whenFull } = this.#policy[lane] ?? {};
    return whenFull === 'refuse' && (this.#excess(lane) >= 0 || this.#excessOfAll() >= 0);
  }

  /** Thins and drops what is beyond the limits. Readings give way first, alerts where no reading is left to give way. */
  make(): Losses {
    const losses = noLosses();
    for (let step = 0; step < stepsMax; step += 1) {
      const isOver = this.#excess('readings') > 0 || this.#excessOfAll() > 0;
      if (!isOver || !this.#giveWay(losses)) {
        break;
      }
    }
    for (let step = 0; step < stepsMax; step += 1) {
      const isOver = this.#excess('alerts') > 0 || (this.#excessOfAll() > 0 && !this.#readingsCanGiveWay());
      if (!isOver || this.#policy.alerts?.whenFull === 'refuse') {
        break;
      }
      const lost = this.#drop('alerts', evictedReason);
      if (lost === 0) {
        break;
      }
      losses.alerts.evicted += lost;
    }
    return losses;
  }

  /** Drops what is older than the time to live. `now` is steady time, as the rows are dated. */
  expire(now: number): Losses {
    const losses = noLosses();
    for (const lane of ['alerts', ...readingLanes] as const) {
      const { timeToLiveMilliseconds } = this.#policy[lane === 'alerts' ? 'alerts' : 'readings'] ?? {};
      if (timeToLiveMilliseconds === undefined) {
        continue;
      }
      for (let step = 0; step < stepsMax; step += 1) {
        const lost = this.#drop(lane, expiredReason, now - timeToLiveMilliseconds);
        losses[lane].expired += lost;
        if (lost === 0) {
          break;
        }
      }
    }
    return losses;
  }

  /** One step; false where nothing is left that could give way. */
  #giveWay(losses: Losses): boolean {
    const { whenFull = 'thin' } = this.#policy.readings ?? {};
    if (whenFull === 'refuse') {
      return false;
    }
    for (const pass of whenFull === 'thin' ? (['thinned', 'coarse'] as const) : []) {
      for (const lane of readingLanes) {
        const thinned = this.#thin(lane, pass);
        if (thinned !== undefined) {
          losses[lane].thinned += thinned;
          return true;
        }
      }
    }
    for (const lane of readingLanes) {
      const lost = this.#drop(lane, evictedReason);
      if (lost > 0) {
        losses[lane].evicted += lost;
        return true;
      }
    }
    return false;
  }

  /** Gives how many records went into fewer; undefined where none is left to be thinned. */
  #thin(lane: Lane, pass: 'thinned' | 'coarse'): number | undefined {
    const table = this.#lanes[lane];
    const run = table.oldestRun({
      after: table.counts[pass],
      recordsMax: recordsPerStepMax,
      enoughBytes: this.#freedAtOnce(),
      enoughMilliseconds: bucketMilliseconds[pass],
    });
    if (run === undefined) {
      return undefined;
    }
    const thinned = thin(run.records, bucketMilliseconds[pass]);
    if (thinned.length < run.records.length) {
      table.replace(run, thinned);
    }
    table.noteThinned(run.lastId, pass);
    return run.records.length - thinned.length;
  }

  /** Gives how many readings were lost by it, those that a summary stood for included. */
  #drop(lane: Lane, reason: string, committedBefore?: number): number {
    const table = this.#lanes[lane];
    const run = table.oldestRun({
      after: Number.NEGATIVE_INFINITY,
      recordsMax: recordsPerStepMax,
      enoughBytes: this.#freedAtOnce(),
      ...(committedBefore !== undefined && { committedBefore }),
    });
    if (run === undefined || run.whole === 0) {
      return 0;
    }
    table.replace(run, gapsOf(run.records, reason));
    return newlyLost(run.records);
  }

  #readingsCanGiveWay(): boolean {
    if (this.#policy.readings?.whenFull === 'refuse') {
      return false;
    }
    const limits = { after: Number.NEGATIVE_INFINITY, recordsMax: recordsPerStepMax, enoughBytes: 0 };
    return readingLanes.some((lane) => (this.#lanes[lane].oldestRun(limits)?.whole ?? 0) > 0);
  }

  #freedAtOnce(): number {
    const { bytesMax, readings } = this.#policy;
    const budget = Math.min(bytesMax, readings?.bytesMax ?? bytesMax);
    const excess = Math.max(0, this.#excessOfAll(), this.#excess('readings'));
    return Math.max(freedBytesMin, excess + budget * slackShare);
  }

  #excess(lane: 'alerts' | 'readings'): number {
    const { bytesMax = Infinity } = this.#policy[lane] ?? {};
    return this.#bytes(lane) - bytesMax;
  }

  #excessOfAll(): number {
    return this.#bytes('alerts') + this.#bytes('readings') - this.#policy.bytesMax;
  }

  #bytes(lane: 'alerts' | 'readings'): number {
    const { alerts, history, readings } = this.#lanes;
    return lane === 'alerts' ? alerts.counts.bytes : history.counts.bytes + readings.counts.bytes;
  }
}
