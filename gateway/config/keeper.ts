import type {
  ConfigurationCheck as CheckMessage,
  ConfigurationConfirmation,
  ConfigurationFindings,
  ConfigurationPush,
} from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';
import { appliedWithin, goingBackMilliseconds } from './applying.ts';
import {
  type Environment,
  type LoadedConfiguration,
  loadText,
  readConfigurationFile,
} from './configuration.ts';
import { type ConfigurationStatus, statusOf } from './configuration-status.ts';
import { changesOf, type Differences, differencesBetween, isNothing } from './differences.ts';
import { goodBefore, nothingOnTrial } from './going-back.ts';
import { findingsOf, judged, mistakesFor } from './judgement.ts';
import type { ConfigurableGateway, KeeperLogger } from './ports.ts';
import { Retry } from './retry.ts';
import { chooseAtStart, readFileAtStart } from './starting.ts';
import { tellCloud } from './telling.ts';
import { type ConfirmationTerms, defaultTerms, type TrialTerms } from './trial.ts';
import { TrialWatch } from './trial-watch.ts';
import { type StoredReport, type StoredVersion, sha256Of, trialOf, VersionStore } from './version-store.ts';

const reasonLengthMax = 500;

export interface KeeperOptions {
  /** Takes the data directory for this process, before anything in it is changed. Throws where another has it. */
  readonly claim: (dataDirectory: string) => void;
  readonly file: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly logger: KeeperLogger;
}

/** Keeps the versions of the configuration, and puts new ones on trial. See the essay in `index.ts`. */
export class ConfigurationKeeper {
  readonly #options: KeeperOptions;
  readonly #store: VersionStore;
  /** What runs, or is being tried. */
  #loaded: LoadedConfiguration;
  #gateway: ConfigurableGateway | undefined;
  #trial: TrialWatch | undefined;
  /** Until a former configuration that did not run is tried again. */
  readonly #retry = new Retry();
  #notice: string | undefined;
  #queue: Promise<void> = Promise.resolve();
  #stopped = false;

  /** Decides what is run at the start. Throws where nothing can be. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    const fileAtStart = readFileAtStart(options.file, options.environment);
    options.claim(fileAtStart.dataDirectory);
    this.#store = new VersionStore(fileAtStart.dataDirectory);
    if (this.#store.damaged !== undefined) {
      options.logger.error(
        { setAside: this.#store.damaged },
        'what was kept of the configuration was damaged',
      );
    }
    this.#revertAfterCrash();
    const { loaded, notice } = chooseAtStart(this.#store, fileAtStart, options);
    this.#loaded = loaded;
    this.#note(notice);
  }

  /** What is to be run; a gateway that starts anew takes it from here. */
  get loaded(): LoadedConfiguration {
    return this.#loaded;
  }

  versions(): readonly StoredVersion[] {
    return this.#store.state.versions;
  }

  status(): ConfigurationStatus {
    return statusOf(this.#store, this.#trial?.missing ?? [], this.#notice);
  }

  /** The gateway runs: goes on with what was begun. */
  attach(gateway: ConfigurableGateway): void {
    this.#gateway = gateway;
    this.#resumeTrial();
    this.proceed();
    this.#enqueue('telling the cloud of the configuration', () => this.#tellCloud());
  }

  /** In good order: a trial goes on at the next start with what is left of its time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry.disarm();
    this.#trial?.stop();
    await this.#queue;
    const { trial } = this.#store.state;
    if (trial) {
      this.#store.write({ trial: { ...trial, stoppedCleanly: true } });
    }
  }

  /** Keeps a configuration of the cloud; it is tried with the next `proceed`. Durable when it returns. */
  receive(push: ConfigurationPush): void {
    const sha256 = sha256Of(push.text);
    const last = this.#store.state.versions.findLast(({ cloudVersion }) => cloudVersion !== undefined);
    if (last?.cloudVersion === push.version && last.sha256 === sha256) {
      return;
    }
    const version = this.#store.add(push.text, {
      source: 'cloud',
      cloudVersion: push.version,
      takenAt: this.#options.clock.now(),
      state: 'waiting',
    });
    const withinMilliseconds = push.confirmWithinSeconds * 1000;
    this.#wait(version.number, { confirmedBy: push.confirmedBy, withinMilliseconds });
  }

  /** Tries what waits, if anything does. */
  proceed(): void {
    this.#enqueue('a new configuration', () => this.#tryWaiting());
  }

  /** A person far away says that the version on trial is to stay. */
  confirmFromCloud({ version }: ConfigurationConfirmation): void {
    this.#enqueue('the confirmation', async () => {
      if (this.#store.find(this.#trial?.number)?.cloudVersion === version) {
        await this.#confirm();
      }
    });
  }

  /** A person here says that the version on trial is to stay. */
  async confirm(): Promise<void> {
    await this.#enqueue('the confirmation', async () => {
      if (!this.#trial) {
        throw nothingOnTrial();
      }
      await this.#confirm();
    });
  }

  /**
   * Goes back: from a version on trial to what ran before it; else to the version named, or to the last good one
   * before the present. What is gone back to is on trial, too.
   */
  async rollback(number?: number): Promise<void> {
    await this.#enqueue('going back', async () => {
      if (this.#trial && number === undefined) {
        await this.#revert('a person at the gateway went back');
        return;
      }
      const target = number ?? goodBefore(this.#store.state);
      const text = this.#store.text(target);
      const now = this.#options.clock.now();
      const version = this.#store.add(text, { source: 'person', takenAt: now, state: 'waiting' });
      this.#wait(version.number, defaultTerms);
      await this.#tryWaiting();
    });
  }

  /** Reads the file again; nothing happens where it is what it was. Rejects with its mistakes. */
  async reloadFile(): Promise<void> {
    await this.#enqueue('reading the file again', async () => {
      const { file, clock } = this.#options;
      const text = readConfigurationFile(file);
      const sha256 = sha256Of(text);
      let wanted: LoadedConfiguration;
      try {
        wanted = judged(text, 'file', this.#loaded, this.#options);
      } catch (error) {
        this.#note(`The configuration file is not used, because of its mistakes: ${messageOf(error)}`);
        throw error;
      }
      this.#note(undefined);
      const { fileSha256, current } = this.#store.state;
      const runs = sha256 === this.#store.find(current)?.sha256;
      // A file that it names (a register map) may have changed without it.
      if (sha256 === fileSha256 && (!runs || isNothing(differencesBetween(this.#loaded, wanted)))) {
        return;
      }
      const version = this.#store.add(text, { source: 'file', takenAt: clock.now(), state: 'waiting' });
      this.#store.write({ fileSha256: sha256 });
      this.#wait(version.number, defaultTerms);
      await this.#tryWaiting();
    });
  }

  /** What a configuration of the cloud would change, or what is wrong with it. Changes nothing. */
  findings(check: CheckMessage): ConfigurationFindings {
    return findingsOf(check, this.#loaded, this.#options);
  }

  #wait(number: number, terms: ConfirmationTerms): void {
    const { waiting } = this.#store.state;
    if (waiting) {
      this.#settle(waiting.number, 'refused', 'a later one came before it was tried');
    }
    this.#store.write({ waiting: { number, ...terms } });
  }

  async #tryWaiting(): Promise<void> {
    const { waiting } = this.#store.state;
    const version = this.#store.find(waiting?.number);
    if (!waiting || !version || !this.#gateway) {
      return;
    }
    let wanted: LoadedConfiguration;
    try {
      wanted = judged(this.#store.text(version.number), version.source, this.#loaded, this.#options);
    } catch (error) {
      const mistakes = mistakesFor(error);
      this.#options.logger.error({ version: version.number, mistakes }, 'the configuration has mistakes');
      this.#settle(version.number, 'refused', 'it has mistakes', { mistakes });
      await this.#tellCloud();
      return;
    }
    const differences = differencesBetween(this.#loaded, wanted);
    if (isNothing(differences) && !this.#trial) {
      this.#loaded = wanted;
      this.#settle(version.number, 'confirmed', 'it changes nothing');
      await this.#tellCloud();
      return;
    }
    await this.#try(version, wanted, differences, waiting);
  }

  async #try(
    version: StoredVersion,
    wanted: LoadedConfiguration,
    differences: Differences,
    terms: ConfirmationTerms,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    const gateway = this.#requireGateway();
    const before = gateway.health();
    const superseded = this.#trial;
    this.#endTrial();
    if (superseded) {
      this.#settle(superseded.number, 'reverted', 'a later one took its place');
    }
    const connectorsUp = superseded?.terms.connectorsUp ?? before.connectorsUp;
    const cloudReached = before.cloudConnected && wanted.cloud !== undefined;
    const stored = trialOf(version, terms, clock.now(), { connectorsUp, cloudReached });
    this.#store.settle(version.number, { state: 'trial' }, { trial: stored, waiting: undefined });
    const changes = changesOf(differences);
    logger.info({ version: version.number, changes }, 'a new configuration is tried');
    this.#loaded = wanted;
    const deadline = clock.monotonic() + terms.withinMilliseconds;
    try {
      await appliedWithin(gateway, wanted, terms.withinMilliseconds);
    } catch (error) {
      await this.#revert(`it could not be applied: ${messageOf(error)}`, version.number);
      return;
    }
    const linesAnew = differences.cloud || differences.restart.length > 0;
    const cloudRecordsAtStart = linesAnew ? 0 : (gateway.health().cloudRecords ?? 0);
    this.#watch(version.number, { ...stored, cloudRecordsAtStart }, deadline);
    this.#store.tell(version.number, clock.now(), 'applied', { changes });
    await this.#tellCloud();
  }

  #watch(number: number, terms: TrialTerms, deadline: number): void {
    const { clock } = this.#options;
    const gateway = this.#requireGateway();
    const trial = new TrialWatch(number, terms, deadline, { clock, health: () => gateway.health() });
    this.#trial = trial;
    trial.start((verdict, reason) =>
      this.#enqueue('the end of a trial', async () => {
        if (this.#trial === trial) {
          await (verdict === 'confirm' ? this.#confirm() : this.#revert(reason));
        }
      }),
    );
  }

  async #confirm(): Promise<void> {
    const trial = this.#trial;
    if (trial) {
      this.#settle(trial.number, 'confirmed', undefined);
      this.#endTrial();
      this.#options.logger.info({ version: trial.number }, 'the configuration is confirmed');
      await this.#tellCloud();
    }
  }

  async #revert(reason: string, number = this.#trial?.number): Promise<void> {
    if (number === undefined) {
      return;
    }
    this.#endTrial();
    this.#settle(number, 'reverted', reason);
    this.#options.logger.error({ version: number, reason }, 'the configuration is taken back');
    await this.#runCurrent();
    await this.#tellCloud();
  }

  /** Runs the version that was confirmed last; tries until it does, or a later one is on trial. */
  async #runCurrent(): Promise<void> {
    if (this.#trial) {
      return;
    }
    const { file, environment, logger } = this.#options;
    const { current } = this.#store.state;
    try {
      this.#loaded = loadText(this.#store.text(current ?? 0), file, environment);
      await appliedWithin(this.#requireGateway(), this.#loaded, goingBackMilliseconds);
      this.#retry.disarm();
    } catch (error) {
      logger.error(
        { error: messageOf(error), version: current },
        'the former configuration does not run yet',
      );
      if (!this.#stopped) {
        this.#retry.arm(() => this.#enqueue('going back', () => this.#runCurrent()));
      }
    }
  }

  /** Says what became of a version, here and, with the next `#tellCloud`, there. */
  #settle(
    number: number,
    state: 'confirmed' | 'reverted' | 'refused',
    reason: string | undefined,
    more: Pick<StoredReport, 'mistakes' | 'changes'> = {},
  ): void {
    const { trial, waiting } = this.#store.state;
    this.#store.settle(
      number,
      { state, ...(reason !== undefined && { reason: reason.slice(0, reasonLengthMax) }) },
      {
        ...(trial?.number === number && { trial: undefined }),
        ...(waiting?.number === number && { waiting: undefined }),
        ...(state === 'confirmed' && { current: number }),
      },
    );
    this.#store.tell(number, this.#options.clock.now(), state, more);
  }

  /** What runs is decided anew: neither the trial nor a former configuration has a word in it any more. */
  #endTrial(): void {
    this.#retry.disarm();
    this.#trial?.stop();
    this.#trial = undefined;
  }

  #revertAfterCrash(): void {
    const { trial } = this.#store.state;
    const reason = 'the gateway ended without a word while it was on trial';
    if (trial && !trial.stoppedCleanly) {
      this.#options.logger.error({ version: trial.number, reason }, 'the configuration is taken back');
      this.#settle(trial.number, 'reverted', reason);
    }
  }

  #resumeTrial(): void {
    const { trial } = this.#store.state;
    if (!trial || this.#trial) {
      return;
    }
    this.#store.write({ trial: { ...trial, stoppedCleanly: false } });
    const { clock } = this.#options;
    // The wall clock may have been set meanwhile: never more than the whole time.
    const left = Math.min(Math.max(0, trial.deadline - clock.now()), trial.withinMilliseconds);
    this.#watch(trial.number, { ...trial, cloudRecordsAtStart: 0 }, clock.monotonic() + left);
    this.#store.tell(trial.number, clock.now(), 'applied');
  }

  #tellCloud(): Promise<void> {
    return tellCloud(this.#store, this.#requireGateway(), this.#loaded.cloud !== undefined);
  }

  #note(notice: string | undefined): void {
    if (notice !== undefined && notice !== this.#notice) {
      this.#options.logger.error({ notice }, 'the configuration needs a look');
    }
    this.#notice = notice;
  }

  #requireGateway(): ConfigurableGateway {
    if (!this.#gateway) {
      throw new Error('the gateway does not run yet');
    }
    return this.#gateway;
  }

  /** One thing after the other. What fails is logged, and rejects to whoever asked. */
  #enqueue(what: string, work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => (this.#stopped ? undefined : work()));
    this.#queue = done.catch((error: unknown) => {
      this.#options.logger.error({ error: messageOf(error) }, `${what} failed`);
    });
    return done;
  }
}
