import type { ModbusSlave } from '@andon/shared/contracts';
import { jitter } from '@andon/shared/kernel';
import type { LossReason } from '../byte-pipe/index.ts';
import type { ConnectorContext, RawValue } from '../connector.ts';
import type { Counters } from '../counters.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import type { ConnectorShell } from '../shell.ts';
import type { Bus } from './bus.ts';
import type { StartCron } from './cron.ts';
import { type DuePoll, PollSchedule } from './poll-schedule.ts';
import { type Cycle, readSlave } from './read-slave.ts';
import { Slave, type Status, showTo } from './slave.ts';

const storingMax = 32;

export interface PollerOptions {
  readonly name: string;
  readonly slaves: readonly ModbusSlave[];
  readonly timeoutOf: (slave: ModbusSlave) => number;
  readonly timeZone: string | undefined;
  readonly bus: Bus;
  readonly isOpen: () => boolean;
  readonly context: ConnectorContext;
  readonly shell: ConnectorShell;
  readonly counters: Counters;
  readonly startCron: StartCron;
}

/** Polls the slaves of a bus when they are due, and hands on what they say. */
export class Poller {
  readonly slaves: readonly Slave[];
  readonly #options: PollerOptions;
  readonly #schedule: PollSchedule;
  readonly #timeouts: readonly number[];
  readonly #random: () => number;
  readonly #storing = new Set<Promise<void>>();
  readonly #lossTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #idle = new Set<() => void>();
  readonly #underWay = new Set<Slave>();
  /** Slaves to give up, and why, once what a poll read before the line went is handed on. */
  readonly #lostMeanwhile = new Map<Slave, LossReason>();
  #running: Promise<unknown> | undefined;
  #cronStops: (() => Promise<void>)[] = [];
  #stopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.slaves = options.slaves.map((slave) => new Slave(slave));
    this.#timeouts = options.slaves.map(options.timeoutOf);
    this.#random = options.shell.jitter ?? jitter;
    const scheduled = this.slaves.map(({ groups }, index) => ({
      periodsMilliseconds: groups.map(({ rate }) => (rate.kind === 'every' ? rate.milliseconds : Infinity)),
      timeoutMilliseconds: this.#timeouts[index] ?? 0,
    }));
    this.#schedule = new PollSchedule(scheduled, this.#now(), this.#random);
  }

  start(): void {
    if (this.#running === undefined) {
      this.#startCron();
      const pollers = Array.from({ length: this.#options.bus.inFlightMax }, () => this.#run());
      this.#running = Promise.all(pollers);
    }
  }

  /** Ends polling; what was read is handed on, and then it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await Promise.all(this.#cronStops.splice(0).map((stop) => stop()));
    await this.#running;
    await Promise.allSettled(this.#storing);
  }

  isDead(index: number): boolean {
    return this.#schedule.isDead(index);
  }

  /** Something was written to it: it is read as soon as the bus is free. */
  hasten(index: number): void {
    this.#schedule.hasten(index, this.#now());
    this.#wake();
  }

  lineOpened(): void {
    this.#schedule.hastenAll(this.#now());
    this.#wake();
  }

  lineHeard(): void {
    this.#lossTelling.reset();
  }

  lineLost(reason: LossReason, detail: string): void {
    if (!this.#lossTelling.due(this.#now())) {
      return;
    }
    const { context, name } = this.#options;
    context.reject({ source: name, reason, detail });
    for (const slave of this.slaves) {
      if (this.#underWay.has(slave)) {
        this.#lostMeanwhile.set(slave, reason);
      } else {
        this.#giveUp(slave, reason);
      }
    }
  }

  #now(): number {
    return this.#options.shell.clock.monotonic();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const now = this.#now();
      for (const index of this.#schedule.takeSilent(now)) {
        this.#tellLost(index, 'timeout');
      }
      const open = this.#options.isOpen();
      const due = open ? this.#schedule.next(now) : undefined;
      if (due !== undefined) {
        await this.#poll(due);
      } else {
        await this.#wait(open ? this.#schedule.idleFor(now) : Infinity);
      }
    }
  }

  #wait(milliseconds: number): Promise<void> {
    if (this.#stopped) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds)
        ? setTimeout(() => woken(), Math.ceil(Math.min(milliseconds, timerMillisecondsMax)))
        : undefined;
      const woken = () => {
        clearTimeout(timer);
        this.#idle.delete(woken);
        resolve();
      };
      this.#idle.add(woken);
    });
  }

  #wake(): void {
    for (const woken of [...this.#idle]) {
      woken();
    }
  }

  #startCron(): void {
    const { startCron, timeZone } = this.#options;
    const expressions = new Map<string, [slave: number, rate: number][]>();
    for (const [index, { groups }] of this.slaves.entries()) {
      for (const [rateIndex, { rate }] of groups.entries()) {
        if (rate.kind === 'cron') {
          const rates = expressions.get(rate.expression) ?? [];
          expressions.set(rate.expression, [...rates, [index, rateIndex]]);
        }
      }
    }
    this.#cronStops = [...expressions].map(([expression, rates]) =>
      startCron(expression, timeZone, () => {
        for (const [index, rate] of rates) {
          this.#schedule.hastenRate(index, rate, this.#now());
        }
        this.#wake();
      }),
    );
  }

  async #poll(due: DuePoll): Promise<void> {
    const slave = this.slaves[due.slave];
    if (slave === undefined) {
      return;
    }
    this.#underWay.add(slave);
    const { values, status } = await this.#read(due, slave);
    this.#underWay.delete(slave);
    const { context } = this.#options;
    const storing = [
      ...(values.length > 0 ? [this.#store(context.ingest(slave.message(values)))] : []),
      ...(status === undefined ? [] : [this.#store(context.deviceStatus(status))]),
    ];
    const lost = this.#lostMeanwhile.get(slave);
    if (lost !== undefined) {
      this.#lostMeanwhile.delete(slave);
      this.#giveUp(slave, lost);
    }
    await Promise.all(storing);
  }

  /** What there is to hand on, also where the line went before all was read. */
  async #read(
    due: DuePoll,
    slave: Slave,
  ): Promise<{ values: readonly RawValue[]; status?: Status | undefined }> {
    const timeoutMilliseconds = this.#timeouts[due.slave] ?? 0;
    const { bus, counters } = this.#options;
    const { unitId } = slave.settings;
    const show = showTo(this.#options.context, slave.deviceId);
    const blocks = slave.blocksFor(due.rates, this.#schedule.failuresOf(due.slave), this.#now());
    const cycle = await readSlave(slave, blocks, {
      ask: (request) => bus.poll({ unitId, request, timeoutMilliseconds, show }),
      inFlightMax: bus.inFlightMax,
      stopped: () => this.#stopped,
    });
    counters.add('blocksDivided', cycle.blocksDivided);
    for (const reason of [...cycle.unanswered.map(({ reason }) => reason), ...cycle.exceptions]) {
      this.#options.context.reject({ source: this.#options.name, reason, deviceId: slave.deviceId });
    }
    // A late answer must not be taken for that to another request.
    const leaveAloneUntil = this.#now() + timeoutMilliseconds;
    if (cycle.lineLost) {
      this.#schedule.interrupted(due, leaveAloneUntil);
      return { values: cycle.values };
    }
    const status =
      cycle.answered || blocks.length === 0
        ? this.#answered(due, slave, cycle)
        : this.#failed(due, slave, cycle, leaveAloneUntil);
    return { values: cycle.values, status };
  }

  #answered(due: DuePoll, slave: Slave, cycle: Cycle) {
    const now = this.#now();
    for (const { block, milliseconds, reason } of cycle.unanswered) {
      this.#schedule.spent(milliseconds, now);
      if (reason !== 'checksum') {
        const readyAt = (failures: number) => this.#schedule.readyAt(failures, now);
        slave.isMuteAt(block, now, readyAt, this.#random);
      }
    }
    for (const block of cycle.refused) {
      slave.refuses(block, now, this.#random);
    }
    this.#options.counters.add('pollsSkipped', this.#schedule.answered(due, now));
    return cycle.answered ? slave.answered(cycle.values) : undefined;
  }

  #failed(due: DuePoll, slave: Slave, cycle: Cycle, leaveAloneUntil: number) {
    const spent = cycle.unanswered.reduce((total, { milliseconds }) => total + milliseconds, 0);
    this.#schedule.failed(due, this.#now(), spent, leaveAloneUntil);
    return this.#schedule.isDead(due.slave) ? slave.lost(cycle.failure ?? 'timeout') : undefined;
  }

  /** All signals of a slave become BAD, and it is told to be gone. */
  #giveUp(slave: Slave, reason: string): void {
    const values = slave.allFailed(reason);
    if (values.length > 0) {
      this.#store(this.#options.context.ingest(slave.message(values)));
    }
    this.#tellLostOf(slave, reason);
  }

  #tellLost(index: number, reason: string): void {
    const slave = this.slaves[index];
    if (slave !== undefined) {
      this.#tellLostOf(slave, reason);
    }
  }

  #tellLostOf(slave: Slave, reason: string): void {
    const status = slave.lost(reason);
    if (status !== undefined) {
      this.#store(this.#options.context.deviceStatus(status));
    }
  }

  /** Commits in order, without holding up the bus until the number under way is at its limit. */
  async #store(committing: Promise<void>): Promise<void> {
    const { counters, shell, name } = this.#options;
    const stored = committing.catch((error: unknown) => {
      counters.add('notStored');
      if (this.#notStoredTelling.due(this.#now())) {
        shell.logger?.error({ error, connector: name }, 'What a slave answered could not be stored.');
      }
    });
    this.#storing.add(stored);
    stored.finally(() => this.#storing.delete(stored));
    if (this.#storing.size >= storingMax) {
      await Promise.race(this.#storing);
    }
  }
}

/** The longest time that a timer takes. */
const timerMillisecondsMax = 2_147_483_647;
