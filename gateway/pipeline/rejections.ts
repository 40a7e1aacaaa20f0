import type { Rejection } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import type { Outbox } from '../outbox/index.ts';

/** One record of each source, device and reason in this time at most. */
const intervalMilliseconds = 10_000;
/** So many different ones are told apart; beyond it they are told of together. */
const kindsMax = 500;
const textMax = 200;

interface Counted {
  readonly source: string;
  readonly reason: string;
  readonly deviceId: string | undefined;
  count: number;
  lastAt: number;
  tellAfter: number;
}

export interface RefusedInput {
  readonly source: string;
  readonly reason: string;
  readonly deviceId?: string;
  readonly detail?: string;
}

/** Counts refused input and tells the cloud, at once where it is new and then at a slow rate. */
export class Rejections {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Counted>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(outbox: Outbox, clock: Clock) {
    this.#outbox = outbox;
    this.#clock = clock;
  }

  count(input: RefusedInput): void {
    const kind = this.#kindOf(input);
    kind.count += 1;
    kind.lastAt = this.#clock.now();
    this.#schedule();
  }

  /** Tells what is not told yet. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#tell(true);
  }

  #kindOf(input: RefusedInput): Counted {
    const source = input.source.slice(0, textMax) || 'unknown';
    const reason = input.reason.slice(0, textMax) || 'unknown';
    const key = JSON.stringify([source, reason, input.deviceId]);
    const known = this.#kinds.get(key);
    if (known) {
      return known;
    }
    const full = this.#kinds.size >= kindsMax;
    const kind: Counted = {
      source: full ? 'others' : source,
      reason: full ? 'others' : reason,
      deviceId: full ? undefined : input.deviceId,
      count: 0,
      lastAt: 0,
      tellAfter: 0,
    };
    const keptUnder = full ? 'others' : key;
    const kept = this.#kinds.get(keptUnder) ?? kind;
    this.#kinds.set(keptUnder, kept);
    return kept;
  }

  #schedule(): void {
    if (this.#timer === undefined && !this.#stopped) {
      const due = Math.min(
        ...[...this.#kinds.values()].filter(({ count }) => count > 0).map((k) => k.tellAfter),
      );
      const wait = Math.min(intervalMilliseconds, Math.max(0, due - this.#clock.monotonic()));
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#tell(false);
      }, wait);
    }
  }

  async #tell(all: boolean): Promise<void> {
    const now = this.#clock.monotonic();
    const due = [...this.#kinds.values()].filter((kind) => kind.count > 0 && (all || kind.tellAfter <= now));
    const records = due.map((kind) => recordOf(kind));
    for (const kind of due) {
      kind.count = 0;
      kind.tellAfter = now + intervalMilliseconds;
    }
    if (records.length > 0) {
      try {
        await this.#outbox.commit((append) => {
          for (const record of records) {
            append('alerts', record);
          }
        });
      } catch {
        // What could not be kept is counted again and told of later; the outbox shows the error itself.
        for (const [index, kind] of due.entries()) {
          kind.count += records[index]?.count ?? 0;
        }
      }
    }
    this.#forgetQuiet(now);
    if ([...this.#kinds.values()].some((kind) => kind.count > 0)) {
      this.#schedule();
    }
  }

  #forgetQuiet(now: number): void {
    for (const [key, kind] of this.#kinds) {
      if (kind.count === 0 && kind.tellAfter < now) {
        this.#kinds.delete(key);
      }
    }
  }
}

function recordOf(kind: Counted): Rejection {
  return {
    type: 'rejection',
    ...(kind.deviceId !== undefined && { deviceId: kind.deviceId }),
    source: kind.source,
    reason: kind.reason,
    count: kind.count,
    lastAt: kind.lastAt,
  };
}
