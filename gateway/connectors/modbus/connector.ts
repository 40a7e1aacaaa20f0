import type { Command, ModbusRtuConnector, SignalValue } from '@andon/shared/contracts';
import { AndonError, jitter } from '@andon/shared/kernel';
import { LossLog, type LossReason, type OpenBytePipe, SerialLink } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext, ConnectorHealth, RawValue } from '../connector.ts';
import { Counters } from '../counters.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import type { ConnectorShell } from '../shell.ts';
import { ModbusBus, type Outcome, timingOf } from './bus.ts';
import { PollSchedule } from './poll-schedule.ts';
import { failedValues, type ReadBlock, requestOf, valuesOf } from './read-blocks.ts';
import { Slave } from './slave.ts';
import {
  type CommandOutcome,
  commandOutcome,
  commandWrite,
  noAnswer,
  type PointWrite,
  withRebootPoint,
  writeOrRefusal,
  writeRequest,
} from './writes.ts';

const silenceMillisecondsLeast = 60_000;
const silencePeriods = 3;
const urgentWaitingMax = 64;
const storingMax = 32;
const writeTries = 3;

interface Urgent {
  run(): Promise<void>;
  cancel(): void;
}

/** A Modbus RTU line with its slaves. */
export class ModbusConnector implements Connector {
  readonly name: string;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #slaves: readonly Slave[];
  readonly #schedule: PollSchedule;
  readonly #bus: ModbusBus;
  readonly #link: SerialLink;
  readonly #counters = new Counters();
  readonly #urgent: Urgent[] = [];
  readonly #storing = new Set<Promise<void>>();
  /** How long a slave that did not answer is left alone, lest its late answer be taken for another. */
  readonly #lateAnswerMilliseconds: number;
  readonly #lossTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #lossLog: LossLog;
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: () => void = () => undefined;

  constructor(
    settings: ModbusRtuConnector,
    context: ConnectorContext,
    shell: ConnectorShell,
    openPipe: OpenBytePipe,
  ) {
    this.name = settings.name;
    this.#context = context;
    this.#shell = shell;
    this.#lossLog = new LossLog(shell.logger, settings.name);
    this.#slaves = settings.slaves.map((slave) => new Slave(withRebootPoint(slave)));
    const periods = settings.slaves.map(({ pollMilliseconds }) => pollMilliseconds);
    this.#schedule = new PollSchedule(periods, shell.clock.monotonic(), shell.jitter ?? jitter);
    this.#link = new SerialLink({
      label: settings.port.path,
      openPipe: () => openPipe(settings.port),
      silenceMilliseconds:
        settings.port.silenceMilliseconds ??
        Math.max(silenceMillisecondsLeast, silencePeriods * Math.min(...periods)),
      shell,
      counters: this.#counters,
      opened: () => this.#opened(),
      data: (bytes) => {
        this.#lossTelling.reset();
        this.#lossLog.heard();
        this.#bus.receive(bytes);
      },
      lost: (reason, detail) => this.#lost(reason, detail),
    });
    const timing = timingOf(settings);
    this.#lateAnswerMilliseconds = timing.requestTimeoutMilliseconds;
    this.#bus = new ModbusBus(timing, shell.clock, this.#counters, (bytes) => this.#link.write(bytes));
  }

  async start(): Promise<void> {
    this.#link.start();
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#bus.lineLost();
    this.#wake();
    await this.#running;
    for (const urgent of this.#urgent.splice(0)) {
      urgent.cancel();
    }
    await this.#link.stop();
    await Promise.allSettled(this.#storing);
  }

  health(): ConnectorHealth {
    const answering = this.#slaves.filter((slave) => slave.connected).length;
    return {
      state: this.#link.state,
      detail: `${this.#link.detail}; ${answering} of ${this.#slaves.length} slaves answer`,
      counters: this.#counters.all(),
    };
  }

  serves(deviceId: string): boolean {
    return this.#slaves.some((slave) => slave.deviceId === deviceId);
  }

  async execute(command: Command): Promise<CommandOutcome> {
    const { index, slave } = this.#slaveOf(command.deviceId);
    const write = commandWrite(slave.settings, command);
    if (write === undefined) {
      return {
        status: 'rejected',
        reason: `unknown-command: the device has no command or writable point ${command.name}`,
      };
    }
    if (!this.#link.isOpen || this.#schedule.isDead(index)) {
      throw noAnswer(command.deviceId, this.#link.isOpen ? 'timeout' : 'port-closed');
    }
    const request = writeOrRefusal(slave.settings, write);
    if (typeof request === 'string') {
      return { status: 'rejected', reason: request };
    }
    const outcome = await this.#ahead(() => this.#bus.transact(slave.settings.unitId, request));
    this.#schedule.hasten(index, this.#now());
    return commandOutcome(command, outcome);
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    const { index, slave } = this.#slaveOf(deviceId);
    const outcome = await this.#ahead(() => this.#writeWithRetries(slave, { point, value }));
    this.#schedule.hasten(index, this.#now());
    if ('failure' in outcome) {
      throw noAnswer(deviceId, outcome.failure);
    }
    if (outcome.response.kind === 'exception') {
      throw new AndonError({
        code: 'modbus.write-refused',
        message: `The device ${deviceId} refused to write ${point}: exception ${outcome.response.code}.`,
        nextStep: 'Check the address and the value against the device’s register map.',
      });
    }
  }

  #now(): number {
    return this.#shell.clock.monotonic();
  }

  #slaveOf(deviceId: string): { index: number; slave: Slave } {
    const index = this.#slaves.findIndex((slave) => slave.deviceId === deviceId);
    const slave = this.#slaves[index];
    if (slave === undefined) {
      throw new AndonError({
        code: 'modbus.unknown-device',
        message: `No slave of ${this.name} is the device ${deviceId}.`,
        nextStep: 'Check the slaves of this connector in the configuration.',
      });
    }
    return { index, slave };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#urgentFirst();
      const index = this.#link.isOpen ? this.#schedule.next(this.#now()) : undefined;
      if (index !== undefined) {
        await this.#poll(index);
      } else if (this.#urgent.length === 0) {
        await this.#idle(this.#link.isOpen ? this.#schedule.idleFor(this.#now()) : Infinity);
      }
    }
  }

  #idle(milliseconds: number): Promise<void> {
    if (this.#stopped) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(resolve, Math.ceil(milliseconds)) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #urgentFirst(): Promise<void> {
    for (let urgent = this.#urgent.shift(); urgent !== undefined; urgent = this.#urgent.shift()) {
      await urgent.run();
    }
  }

  /** Runs a transaction before all polls. */
  #ahead<T>(transaction: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const stopped = (): AndonError =>
      new AndonError({
        code: 'modbus.not-running',
        message: `The connector ${this.name} is not running.`,
        nextStep: 'It is tried again when the gateway runs.',
      });
    if (this.#stopped) {
      reject(stopped());
    } else if (this.#urgent.length >= urgentWaitingMax) {
      reject(
        new AndonError({
          code: 'modbus.busy',
          message: `${urgentWaitingMax} writes wait for the line ${this.name} already.`,
          nextStep: 'Try again later.',
        }),
      );
    } else {
      this.#urgent.push({ run: () => transaction().then(resolve, reject), cancel: () => reject(stopped()) });
      this.#wake();
    }
    return promise;
  }

  async #writeWithRetries(slave: Slave, write: PointWrite): Promise<Outcome> {
    const request = writeRequest(slave.settings, write);
    let outcome: Outcome = { failure: 'port-closed', sent: false };
    for (let attempt = 0; attempt < writeTries; attempt += 1) {
      outcome = await this.#bus.transact(slave.settings.unitId, request);
      if ('response' in outcome || outcome.failure === 'port-closed') {
        return outcome;
      }
    }
    return outcome;
  }

  async #poll(index: number): Promise<void> {
    const slave = this.#slaves[index];
    if (slave === undefined) {
      return;
    }
    const cycle = await this.#readAll(slave);
    if (cycle.lineLost) {
      this.#schedule.postpone(index, this.#now() + this.#lateAnswerMilliseconds);
      return;
    }
    const status = this.#judge(index, slave, cycle);
    if (cycle.values.length > 0) {
      await this.#store(this.#context.ingest(slave.message(cycle.values)));
    }
    if (status !== undefined) {
      await this.#store(this.#context.deviceStatus(status));
    }
  }

  #judge(
    index: number,
    slave: Slave,
    cycle: { readonly values: readonly RawValue[]; readonly answered: boolean; readonly failure?: string },
  ) {
    const now = this.#now();
    if (cycle.answered || slave.blocks.length === 0) {
      this.#counters.add('pollsSkipped', this.#schedule.answered(index, now));
      return slave.answered(cycle.values);
    }
    this.#schedule.failed(index, now);
    this.#schedule.postpone(index, now + this.#lateAnswerMilliseconds);
    return this.#schedule.isDead(index) ? slave.lost(cycle.failure ?? 'timeout') : undefined;
  }

  /** Reads all of a slave once. A block without an answer ends it: the rest would wait in vain, one by one. */
  async #readAll(slave: Slave): Promise<{
    values: RawValue[];
    answered: boolean;
    lineLost: boolean;
    failure?: string;
  }> {
    const values: RawValue[] = [];
    const waiting: ReadBlock[] = [...slave.blocks];
    let answered = false;
    let failure: string | undefined;
    for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
      await this.#urgentFirst();
      const outcome = await this.#bus.transact(slave.settings.unitId, requestOf(block));
      if ('failure' in outcome) {
        if (outcome.failure === 'port-closed') {
          return { values, answered, lineLost: true };
        }
        failure = outcome.failure;
        const given = outcome.failure === 'timeout' ? [block, ...waiting.splice(0)] : [block];
        values.push(...given.flatMap((lost) => failedValues(lost, outcome.failure)));
        this.#reject(slave, outcome.failure);
        continue;
      }
      answered = true;
      const { response } = outcome;
      if (response.kind !== 'exception') {
        values.push(...valuesOf(block, response));
      } else if ((response.code === 2 || response.code === 3) && block.points.length > 1) {
        this.#counters.add('blocksSplit');
        waiting.unshift(...slave.split(block));
      } else {
        values.push(...failedValues(block, `exception-${response.code}`));
        this.#reject(slave, `exception-${response.code}`);
      }
    }
    return { values, answered, lineLost: false, ...(failure === undefined ? {} : { failure }) };
  }

  #reject(slave: Slave, reason: string): void {
    this.#context.reject({ source: this.name, reason, deviceId: slave.deviceId });
  }

  /** Commits in order, without holding up the bus until the number under way is at its limit. */
  async #store(committing: Promise<void>): Promise<void> {
    const stored = committing.catch((error: unknown) => {
      this.#counters.add('notStored');
      if (this.#notStoredTelling.due(this.#now())) {
        this.#shell.logger?.error(
          { error, connector: this.name },
          'What a slave answered could not be stored.',
        );
      }
    });
    this.#storing.add(stored);
    stored.finally(() => this.#storing.delete(stored));
    if (this.#storing.size >= storingMax) {
      await Promise.race(this.#storing);
    }
  }

  #opened(): void {
    this.#schedule.hastenAll(this.#now());
    this.#wake();
  }

  #lost(reason: LossReason, detail: string): void {
    this.#bus.lineLost();
    this.#lossLog.lost(reason, detail);
    if (!this.#lossTelling.due(this.#now())) {
      return;
    }
    this.#context.reject({ source: this.name, reason, detail });
    for (const slave of this.#slaves) {
      const values = slave.allFailed(reason);
      if (values.length > 0) {
        this.#store(this.#context.ingest(slave.message(values)));
      }
      const status = slave.lost(reason);
      if (status !== undefined) {
        this.#store(this.#context.deviceStatus(status));
      }
    }
  }
}
