import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ClockState, DeviceDefinition, Reading } from '@andon/shared/contracts';
import { AndonError, type Clock } from '@andon/shared/kernel';
import type { AlertEngine, Evaluation, RuleRequest, StoredAlertState } from '../alerts/index.ts';
import type { RawMessage } from '../connectors/connector.ts';
import { digestOfText } from '../digest.ts';
import { type Append, closedError } from '../outbox/index.ts';
import type { ReadingsOfMessage, Reception } from '../signals/index.ts';
import { DeviceNews, type DeviceNewsOptions } from './device-news.ts';
import type { LocalActions } from './local-actions.ts';
import { isNothing, OwedEvaluations, type Uncommitted } from './owed.ts';
import { RedeliveryKeys } from './redelivery.ts';
import type { RefusedInput } from './rejections.ts';

/** A wall clock that differs by more than this from what the steady clock says was set meanwhile. */
const clockStepMillisecondsMin = 1000;
const wakeMillisecondsMax = 60_000;
const retryMilliseconds = 1000;
/** So many readings wait for no more. */
const gatheredReadingsMax = 256;

export interface PipelineOptions extends DeviceNewsOptions {
  readonly clock: Clock;
  /** How well the clock was known when it was last read. */
  readonly clockState: () => ClockState;
  readonly localActions: LocalActions;
  readonly createEngine: (states: Iterable<StoredAlertState>) => AlertEngine;
  readonly toReadings: (
    message: RawMessage,
    device: DeviceDefinition,
    reception: Reception,
  ) => ReadingsOfMessage;
  readonly reject: (input: RefusedInput) => void;
}

/** See the essay in `index.ts`. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #engine: AlertEngine;
  readonly #redelivery: RedeliveryKeys;
  readonly #deviceNews: DeviceNews;
  readonly #selectStates: StatementSync;
  readonly #upsertState: StatementSync;
  readonly #deleteState: StatementSync;
  /** Readings for the transaction that is asked for, and its promise; undefined where none is. */
  #gathered: Reading[] = [];
  #gathering: Promise<void> | undefined;
  /** What is asked to be kept, by the promise of its transaction. */
  readonly #asked = new Map<Promise<void>, Uncommitted[]>();
  /** Transactions that failed, and are in the file all the same. */
  readonly #inFile = new WeakSet<Promise<void>>();
  readonly #owed: OwedEvaluations;
  #clockOffset: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wakeTimer: NodeJS.Timeout | undefined;
  #wakeAsked = false;
  #configureAsked = false;
  #configureTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(database: DatabaseSync, options: PipelineOptions) {
    this.#options = options;
    this.#redelivery = new RedeliveryKeys(options.outbox);
    this.#deviceNews = new DeviceNews(options, () => this.#now());
    this.#selectStates = database.prepare('SELECT key, state FROM alert_states');
    this.#upsertState = database.prepare(
      'INSERT INTO alert_states (key, state) VALUES (?, ?) ' +
        'ON CONFLICT (key) DO UPDATE SET state = excluded.state',
    );
    this.#deleteState = database.prepare('DELETE FROM alert_states WHERE key = ?');
    this.#engine = options.createEngine(this.#storedStates());
    this.#clockOffset = options.clock.now() - options.clock.monotonic();
    this.#owed = new OwedEvaluations({
      commit: (work) => options.outbox.commit(work),
      isInFile: (transaction) => this.#inFile.has(transaction),
      write: (evaluation, append) => this.#write(evaluation, append),
      act: ({ actions }) => options.localActions.perform(actions),
      onSettled: () => {
        options.localActions.wake();
        this.#askWake();
      },
    });
    options.outbox.onRollback((inFile) => this.#rolledBack(inFile));
    options.outbox.onCommit(() => this.#owed.tryNow());
  }

  /** Configures the engine; call it once before the first message. */
  async start(): Promise<void> {
    await this.#configure();
    this.#options.localActions.wake();
    this.#deviceNews.start();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#wakeTimer);
    clearTimeout(this.#configureTimer);
    this.#owed.stop();
    this.#deviceNews.stop();
  }

  active(): ReturnType<AlertEngine['active']> {
    return this.#engine.active();
  }

  shelved(): ReturnType<AlertEngine['shelved']> {
    return this.#engine.shelved();
  }

  /** Shelves, unshelves or resets a rule; durable when it resolves. Rejects with why it cannot be. */
  async askRule(request: RuleRequest): Promise<void> {
    const now = this.#now();
    const kept = await this.#commit(this.#engine.ask(request, now));
    this.#askWake();
    if (!kept) {
      throw this.#options.outbox.lastError() ?? new Error('the outbox could not store it');
    }
  }

  /** See `ConnectorContext.ingest`. Messages of one transaction get the same promise. */
  ingest(message: RawMessage): Promise<void> {
    try {
      return this.#ingest(message);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #ingest(message: RawMessage): Promise<void> {
    const { deviceId, redelivery } = message;
    const { registry, outbox, reject } = this.#options;
    const device = registry.get(deviceId);
    if (!device) {
      reject({ source: 'pipeline', reason: 'unknown-device', deviceId });
      throw unknownDevice(deviceId);
    }
    const refusal = outbox.refusal(this.#gathered.length);
    if (refusal) {
      throw refusal;
    }
    if (!redelivery) {
      return this.#accept(message, device, undefined);
    }
    const key = typeof redelivery.key === 'number' ? redelivery.key : digestOfText(redelivery.key);
    // What is known may still be on its way to the disk.
    return redelivery.possible && this.#redelivery.has(deviceId, key)
      ? outbox.settled()
      : this.#accept(message, device, key);
  }

  /** See `ConnectorContext.deviceStatus`. */
  deviceStatus(news: Parameters<DeviceNews['tell']>[0]): Promise<void> {
    return this.#deviceNews.tell(news);
  }

  /**
   * Takes over what the registry holds, after a device was registered, changed or removed. Many changes in one
   * turn of the event loop are taken over together.
   */
  devicesChanged(): void {
    if (!this.#configureAsked && !this.#stopped) {
      this.#configureAsked = true;
      setImmediate(() => {
        this.#configureAsked = false;
        const { registry, latestReadings } = this.#options;
        latestReadings.keepOnly((deviceId) => registry.get(deviceId) !== undefined);
        void this.#configure();
      });
    }
  }

  #accept(message: RawMessage, device: DeviceDefinition, redeliveryKey: number | undefined): Promise<void> {
    const { outbox, localActions, latestReadings, onDeviceChanged, toReadings } = this.#options;
    const now = this.#now();
    const { readings, refused } = toReadings(message, device, {
      gatewayTime: now,
      clockState: this.#options.clockState(),
    });
    for (const { signal, reason } of refused) {
      this.#options.reject({ source: 'signals', reason, deviceId: device.id, detail: signal.slice(0, 100) });
    }
    const evaluation = this.#engine.evaluate(readings, now);
    for (const reading of readings) {
      latestReadings.note(reading);
    }
    const lost = redeliveryKey === undefined ? readings : [];
    if (this.#owed.isOwing) {
      this.#owed.add({ evaluation, lost });
      return Promise.reject(outbox.lastError() ?? closedError());
    }
    const writeNews = this.#deviceNews.ofMessage(message, readings, now);
    if (redeliveryKey !== undefined) {
      this.#redelivery.remember(device.id, redeliveryKey);
    }
    this.#askWake();
    const gathering = this.#gather(readings);
    if (lost.length > 0 || !isNothing(evaluation)) {
      this.#noteAsked(gathering, { evaluation, lost });
    }
    if (isNothing(evaluation) && !writeNews) {
      return gathering;
    }
    // In the same transaction, as the one that gathers is not begun.
    const committed = outbox.commit((append) => {
      this.#write(evaluation, append);
      writeNews?.(append);
    });
    if (evaluation.actions.length === 0 && !writeNews) {
      return committed;
    }
    return committed.then(() => {
      localActions.wake();
      if (writeNews) {
        onDeviceChanged(device.id);
      }
    });
  }

  /** Readings and redelivery keys of all messages of a transaction are written by one piece of work. */
  #gather(readings: readonly Reading[]): Promise<void> {
    const { outbox } = this.#options;
    if (this.#gathering === undefined) {
      const gathered: Reading[] = [];
      this.#gathered = gathered;
      this.#gathering = outbox.commit((append) => {
        // What comes from now on is for the next transaction.
        this.#gathering = undefined;
        this.#gathered = [];
        for (const reading of gathered) {
          append('readings', reading);
        }
        this.#redelivery.write();
      }, true);
    }
    for (const reading of readings) {
      this.#gathered.push(reading);
    }
    if (this.#gathered.length >= gatheredReadingsMax) {
      outbox.hasten();
    }
    return this.#gathering;
  }

  #write(evaluation: Evaluation, append: Append): void {
    for (const transition of evaluation.transitions) {
      append('alerts', transition);
    }
    for (const shelving of evaluation.shelvings) {
      append('alerts', shelving);
    }
    for (const recording of evaluation.recordings) {
      append('alerts', recording);
    }
    for (const { key, state } of evaluation.states) {
      if (state === null) {
        this.#deleteState.run(key);
      } else {
        this.#upsertState.run(key, state);
      }
    }
    for (const action of evaluation.actions) {
      this.#options.localActions.write(action);
    }
  }

  /** Commits what the engine said of its own accord. Gives whether it is kept. */
  async #commit(evaluation: Evaluation): Promise<boolean> {
    if (isNothing(evaluation)) {
      return true;
    }
    if (this.#owed.isOwing) {
      this.#owed.add({ evaluation, lost: [] });
      return true;
    }
    // Nobody waits for a recording.
    const { transitions, shelvings, actions } = evaluation;
    const isPatient = transitions.length + shelvings.length + actions.length === 0;
    const committed = this.#options.outbox.commit((append) => this.#write(evaluation, append), isPatient);
    this.#noteAsked(committed, { evaluation, lost: [] });
    try {
      await committed;
    } catch {
      // The outbox shows the error. Where it is closed, it is neither owed nor in the file.
      return this.#owed.isOwing || this.#inFile.has(committed);
    }
    if (evaluation.actions.length > 0) {
      this.#options.localActions.wake();
    }
    return true;
  }

  async #configure(): Promise<void> {
    const now = this.#now();
    const kept = await this.#commit(this.#engine.configure(this.#options.registry.all(), now));
    if (!kept && !this.#stopped) {
      clearTimeout(this.#configureTimer);
      this.#configureTimer = setTimeout(() => void this.#configure(), retryMilliseconds);
    }
    this.#askWake();
  }

  /** Looks once in a turn of the event loop when the engine wants to be woken. */
  #askWake(): void {
    if (!this.#wakeAsked && !this.#stopped) {
      this.#wakeAsked = true;
      setImmediate(() => {
        this.#wakeAsked = false;
        this.#scheduleWake();
      });
    }
  }

  #scheduleWake(): void {
    const wakeAt = this.#engine.nextWake() ?? Number.POSITIVE_INFINITY;
    if (this.#stopped || (wakeAt === this.#wakeAt && this.#wakeTimer)) {
      return;
    }
    clearTimeout(this.#wakeTimer);
    this.#wakeTimer = undefined;
    this.#wakeAt = wakeAt;
    if (wakeAt !== Number.POSITIVE_INFINITY) {
      const wait = Math.min(wakeMillisecondsMax, Math.max(0, wakeAt - this.#options.clock.now()));
      this.#wakeTimer = setTimeout(() => void this.#tick(), wait);
    }
  }

  async #tick(): Promise<void> {
    this.#wakeTimer = undefined;
    const now = this.#now();
    const kept = await this.#commit(this.#engine.tick(now));
    if (kept) {
      this.#askWake();
    } else if (!this.#stopped) {
      clearTimeout(this.#wakeTimer);
      this.#wakeTimer = setTimeout(() => void this.#tick(), retryMilliseconds);
    }
  }

  /** Reads the clock, and tells the engine where it was set since the last time. */
  #now(): number {
    const { clock } = this.#options;
    const now = clock.now();
    const offset = now - clock.monotonic();
    const step = offset - this.#clockOffset;
    this.#clockOffset = offset;
    if (Math.abs(step) >= clockStepMillisecondsMin) {
      this.#engine.clockStepped(Math.round(step));
    }
    return now;
  }

  /** Remembers it until its transaction has ended. All of one transaction have the same promise. */
  #noteAsked(transaction: Promise<void>, uncommitted: Uncommitted): void {
    const known = this.#asked.get(transaction);
    if (known) {
      known.push(uncommitted);
      return;
    }
    this.#asked.set(transaction, [uncommitted]);
    const ended = () => this.#asked.delete(transaction);
    transaction.then(ended, ended);
  }

  /** The rules go on from what they know. What of it is not in the file is owed. */
  #rolledBack(inFile: Promise<void> | undefined): void {
    const { outbox, deviceStates, localActions } = this.#options;
    if (inFile) {
      this.#inFile.add(inFile);
      // The actions in its journal; nobody else says that they are there.
      setImmediate(() => localActions.wake());
    }
    for (const [transaction, asked] of this.#asked) {
      if (transaction !== inFile) {
        for (const uncommitted of asked) {
          this.#owed.add(uncommitted);
        }
      }
    }
    this.#asked.clear();
    outbox.read(() => deviceStates.reload());
    this.#redelivery.forget();
    this.#gathered = [];
    this.#gathering = undefined;
  }

  #storedStates(): StoredAlertState[] {
    return this.#selectStates.all().map((row) => ({ key: String(row.key), state: String(row.state) }));
  }
}

function unknownDevice(deviceId: string): AndonError {
  return new AndonError({
    code: 'pipeline.unknown-device',
    message: `The device ${deviceId} is not known here.`,
    nextStep: 'Add it to the devices of the configuration, or register it in the cloud.',
    field: 'deviceId',
    status: 404,
  });
}
