import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { UplinkRecord } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import { settled } from './clock-correction.ts';
import type { ClockEvent, ClockWatch } from './clock-watch.ts';
import type { MachineBoot } from './machine-boot.ts';

/** The newest time known is kept this often; it may be behind by as much after a power cut. */
const saveMilliseconds = 60_000;
const scalesKeptMax = 100;

const tables = `
  CREATE TABLE IF NOT EXISTS clock (
    only INTEGER PRIMARY KEY CHECK (only = 1), newest INTEGER NOT NULL, steady INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS clock_scales (
    id TEXT PRIMARY KEY, boot TEXT NOT NULL, base INTEGER NOT NULL, shift INTEGER
  ) STRICT;
`;

/** The times of one stretch in which the clock was not set: a board that starts in 1970 makes one with each boot. */
interface Scale {
  readonly id: string;
  readonly boot: string;
  /** What the wrong clock said at the boot. */
  readonly base: number;
  /** By how many milliseconds it was behind, once that is known. */
  readonly shift: number | undefined;
}

/** What the keeper needs of the outbox. */
export interface ClockStore {
  readonly database: DatabaseSync;
  commit(work: () => void): Promise<void>;
}

export interface ClockKeeperOptions {
  readonly watch: ClockWatch;
  readonly store: ClockStore;
  readonly boot: MachineBoot;
  readonly newId: IdentifierSource;
  readonly logger?: { warn(details: object, message: string): void };
}

/** The gateway's clock, and what is kept of it. */
export interface GatewayTime {
  readonly watch: ClockWatch;
  readonly keeper: ClockKeeper;
}

/**
 * Keeps what the clock is judged by, marks what is recorded while it is not set, and corrects that when it is. A
 * correction reaches back over restarts of the gateway, as far as the boot of the machine.
 */
export class ClockKeeper {
  readonly #options: ClockKeeperOptions;
  readonly #scales = new Map<string, Scale>();
  readonly #saveTime: StatementSync;
  readonly #saveScale: StatementSync;
  readonly #forgetScales: StatementSync;
  /** The scale that records are dated in now, or were until a moment ago. */
  #current: Scale | undefined;
  readonly #steadyStart: number;
  /** The time since the boot minus steady time. */
  readonly #bootOffset: number;
  #corrected = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClockKeeperOptions) {
    this.#options = options;
    const { watch, store, boot } = options;
    const { database } = store;
    this.#bootOffset = boot.uptime() - watch.monotonic();
    database.exec(tables);
    this.#saveTime = database.prepare('INSERT OR REPLACE INTO clock (only, newest, steady) VALUES (1, ?, ?)');
    this.#saveScale = database.prepare(
      'INSERT INTO clock_scales (id, boot, base, shift) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET shift = excluded.shift',
    );
    this.#forgetScales = database.prepare(
      'DELETE FROM clock_scales WHERE rowid <= (SELECT max(rowid) FROM clock_scales) - ?',
    );
    this.#readScales(database);
    const kept = database.prepare('SELECT newest, steady FROM clock').get();
    if (kept) {
      watch.knowPast(Number(kept.newest));
    }
    this.#steadyStart = this.#steadyAtStart(kept) - watch.monotonic();
    watch.onChange((event) => this.#changed(event));
    if (watch.state() === 'UNSYNCHRONIZED') {
      const known = [...this.#scales.values()].findLast(
        (scale) => scale.boot === boot.id && scale.shift === undefined,
      );
      this.#begin(known);
    } else {
      this.#settleBoot();
    }
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#save(), saveMilliseconds);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save();
  }

  /** Milliseconds that go on evenly, also over restarts, however the wall clock is set: for the age of what is kept. */
  steadyNow(): number {
    return Math.round(this.#steadyStart + this.#options.watch.monotonic());
  }

  /** What is kept in the place of a record, where the clock is not set: the record with the scale that it is dated in. */
  stamp(record: UplinkRecord): object | undefined {
    const { watch } = this.#options;
    const isUnset =
      record.type === 'reading' ? record.clockState === 'UNSYNCHRONIZED' : watch.state() === 'UNSYNCHRONIZED';
    return isUnset && this.#current ? { ...record, clock: this.#current.id } : undefined;
  }

  /** The kept record as it goes to the cloud. */
  settle(body: string): string {
    if (this.#scales.size === 0) {
      return body;
    }
    const plain = settled(body, (id) => this.#scales.get(id)?.shift);
    this.#corrected += plain.includes('"clockState":"CORRECTED"') ? 1 : 0;
    return plain;
  }

  /** Is something dated that the next word of the cloud would correct? */
  get awaitsTime(): boolean {
    return this.#current !== undefined && this.#current.shift === undefined;
  }

  /** Readings whose time was corrected on their way out, since the start. */
  get corrected(): number {
    return this.#corrected;
  }

  #readScales(database: DatabaseSync): void {
    for (const row of database
      .prepare('SELECT id, boot, base, shift FROM clock_scales ORDER BY rowid')
      .iterate()) {
      const shift = row.shift === null ? undefined : Number(row.shift);
      this.#scales.set(String(row.id), {
        id: String(row.id),
        boot: String(row.boot),
        base: Number(row.base),
        shift,
      });
    }
  }

  /** The time that passed while the gateway was off is known only where the clock is set. */
  #steadyAtStart(kept: Record<string, unknown> | undefined): number {
    const { watch } = this.#options;
    if (!kept) {
      return watch.now();
    }
    const isSet = watch.state() === 'SYNCHRONIZED';
    return Number(kept.steady) + (isSet ? Math.max(0, watch.now() - Number(kept.newest)) : 0);
  }

  #changed(event: ClockEvent): void {
    const { watch, logger } = this.#options;
    logger?.warn({ ...event, clockState: watch.state() }, 'the clock was set');
    if (event.kind === 'lost') {
      this.#begin(undefined);
    } else {
      this.#settleBoot();
    }
  }

  /** Milliseconds since the machine was started. */
  #sinceBoot(): number {
    return this.#bootOffset + this.#options.watch.monotonic();
  }

  #begin(known: Scale | undefined): void {
    const { watch, boot, newId } = this.#options;
    const base = Math.round(watch.machineTime() - this.#sinceBoot());
    this.#current = known ?? { id: newId(), boot: boot.id, base, shift: undefined };
    this.#keep(this.#current);
  }

  /** The clock is set: what was dated since the boot of the machine can be corrected. */
  #settleBoot(): void {
    const { watch, boot } = this.#options;
    const base = Math.round(watch.now() - this.#sinceBoot());
    for (const scale of this.#scales.values()) {
      if (scale.boot === boot.id && scale.shift === undefined) {
        this.#keep({ ...scale, shift: base - scale.base });
      }
    }
  }

  #keep(scale: Scale): void {
    this.#scales.set(scale.id, scale);
    if (this.#current?.id === scale.id) {
      this.#current = scale;
    }
    void this.#save();
  }

  /** What cannot be kept now is kept with the next save: all of it is written each time. */
  async #save(): Promise<void> {
    const { store, watch } = this.#options;
    const { newest } = watch;
    const steady = this.steadyNow();
    const scales = [...this.#scales.values()];
    try {
      await store.commit(() => {
        this.#saveTime.run(newest, steady);
        for (const { id, boot, base, shift } of scales) {
          this.#saveScale.run(id, boot, base, shift ?? null);
        }
        this.#forgetScales.run(scalesKeptMax);
      });
    } catch (error) {
      // The next save says it all again.
      this.#options.logger?.warn({ error: String(error) }, 'what is known of the clock could not be kept');
    }
  }
}
