import type { DatabaseSync } from 'node:sqlite';
import type { Command, CommandUpdate, DeviceDefinition, SignalValue } from '@andon/shared/contracts';
import { backoffMilliseconds, type Clock } from '@andon/shared/kernel';
import type { Append, Outbox } from '../outbox/index.ts';
import { Waker } from '../waker.ts';
import {
  type Decision,
  decide,
  decideAfterRestart,
  type FinalState,
  type JournaledCommand,
  rebootMillisecondsDefault,
  rebootWindowMilliseconds,
} from './decide.ts';
import { CommandJournal, isOpen, tell } from './journal.ts';

const backoff = { baseMilliseconds: 500, capMilliseconds: 15_000 };
const openPerDeviceMax = 100;
const sleepMillisecondsMax = 60_000;
const reasonMax = 500;

/** How a device was spoken to: see `Connector.execute`. */
export interface AttemptResult {
  readonly status: 'delivered' | 'succeeded' | 'failed' | 'rejected';
  readonly reason?: string;
}

export interface DeviceAnswer {
  readonly deviceId: string;
  readonly commandId: string;
  readonly status: 'accepted' | 'executing' | 'succeeded' | 'failed' | 'rejected';
  readonly reason?: string;
  readonly result?: Record<string, SignalValue>;
}

export interface CommandRunnerOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly device: (deviceId: string) => DeviceDefinition | undefined;
  readonly bootId: (deviceId: string) => string | undefined;
  /** Hands the command to the device; rejects where it cannot be reached now. */
  readonly attempt: (command: Command) => Promise<AttemptResult>;
}

interface Runner {
  readonly waker: Waker;
  loop: Promise<void>;
  attempt: string | undefined;
  failures: number;
  lastError: string | undefined;
}

/** Carries commands out. See the essay in `index.ts`. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #journal: CommandJournal;
  readonly #runners = new Map<string, Runner>();
  #stopped = false;

  constructor(database: DatabaseSync, options: CommandRunnerOptions) {
    this.#options = options;
    this.#journal = new CommandJournal(database);
  }

  /** Takes up what the last run of the gateway left. */
  async start(): Promise<void> {
    for (const deviceId of this.#journal.devicesWithOpen()) {
      const journaled = this.#journal.oldestOpen(deviceId);
      const decision = journaled && decideAfterRestart(journaled);
      if (journaled && decision) {
        await this.#carryOut(journaled, decision);
      }
      this.wake(deviceId);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const runners = [...this.#runners.values()];
    for (const { waker } of runners) {
      waker.wake();
    }
    await Promise.all(runners.map(({ loop, attempt }) => (attempt === undefined ? loop : undefined)));
  }

  /** Inside a transaction: journals a command. Call `wake` for its device when it is committed. */
  receive(command: Command, append: Append): void {
    const { clock } = this.#options;
    const now = clock.now();
    const full = this.#journal.openCount(command.deviceId) >= openPerDeviceMax;
    if (!this.#journal.insert(command, now)) {
      return;
    }
    tell(append, command, 'DELIVERED', now);
    if (full) {
      this.#end(
        append,
        { command, state: 'RECEIVED', executingAt: undefined, bootIdBefore: undefined },
        now,
        {
          state: 'REJECTED',
          reason: `too-many: ${openPerDeviceMax} commands wait for this device already`,
        },
      );
    }
  }

  /** Inside a transaction: cancels the command where it has not begun. */
  cancel(commandId: string, append: Append): void {
    const journaled = this.#journal.byId(commandId);
    if (journaled?.state === 'RECEIVED') {
      this.#end(append, journaled, this.#options.clock.now(), { state: 'CANCELLED' });
    }
  }

  /** Commands in the journal, by state. */
  counts(): { state: string; commands: number }[] {
    return this.#journal.counts();
  }

  /** Looks at the device's commands anew: one came or was cancelled, or the device changed. */
  wake(deviceId: string): void {
    if (this.#stopped) {
      return;
    }
    const running = this.#runners.get(deviceId);
    if (running) {
      running.waker.wake();
      return;
    }
    const runner: Runner = {
      waker: new Waker(),
      loop: Promise.resolve(),
      attempt: undefined,
      failures: 0,
      lastError: undefined,
    };
    this.#runners.set(deviceId, runner);
    runner.loop = this.#run(deviceId, runner);
  }

  /** See `ConnectorContext.commandResult`. Answers to commands that are not open are of no consequence. */
  async answer(answer: DeviceAnswer): Promise<void> {
    const { outbox, clock } = this.#options;
    await outbox.commit((append) => {
      const journaled = this.#journal.byId(answer.commandId);
      if (!journaled || journaled.command.deviceId !== answer.deviceId || !isSpokenOf(journaled)) {
        return;
      }
      this.#takeAnswer(append, journaled, answer, clock.now());
    });
    this.wake(answer.deviceId);
  }

  #takeAnswer(append: Append, journaled: JournaledCommand, answer: DeviceAnswer, now: number): void {
    const { status } = answer;
    const more = {
      ...(answer.reason !== undefined && { reason: answer.reason.slice(0, reasonMax) }),
      ...(answer.result !== undefined && { result: answer.result }),
    };
    if (status === 'failed' || status === 'rejected') {
      this.#end(append, journaled, now, { state: status === 'failed' ? 'FAILED' : 'REJECTED', ...more });
    } else if (status === 'succeeded' && journaled.command.name !== 'reboot') {
      this.#begin(append, journaled, now);
      this.#end(append, { ...journaled, state: 'EXECUTING' }, now, { state: 'SUCCEEDED', ...more });
    } else if (status === 'accepted') {
      tell(append, journaled.command, 'ACCEPTED', now, more);
    } else {
      this.#begin(append, journaled, now);
    }
  }

  async #run(deviceId: string, runner: Runner): Promise<void> {
    while (!this.#stopped) {
      const journaled = this.#journal.oldestOpen(deviceId);
      if (!journaled) {
        break;
      }
      const decision = decide(journaled, this.#facts(journaled, runner));
      const failed = await this.#step(journaled, decision, runner).then(
        (done) => !done,
        // The outbox shows what is wrong with it; the step is taken again.
        () => true,
      );
      if (!failed) {
        runner.failures = decision.kind === 'wait' ? runner.failures : 0;
      } else if (!this.#stopped) {
        await runner.waker.sleep(backoffMilliseconds(runner.failures, backoff, this.#options.jitter));
        runner.failures += 1;
      }
    }
    this.#runners.delete(deviceId);
  }

  /** Gives false where it is to be tried again after a pause. */
  async #step(journaled: JournaledCommand, decision: Decision, runner: Runner): Promise<boolean> {
    if (decision.kind === 'wait') {
      const rest = decision.until - this.#options.clock.now();
      await runner.waker.sleep(Math.min(sleepMillisecondsMax, Math.max(1, rest)));
      return true;
    }
    if (decision.kind === 'attempt') {
      return await this.#attempt(journaled, runner);
    }
    await this.#carryOut(journaled, decision);
    if (decision.kind === 'finish') {
      runner.lastError = undefined;
    }
    return true;
  }

  async #carryOut(journaled: JournaledCommand, decision: Decision): Promise<void> {
    const { outbox, clock } = this.#options;
    await outbox.commit((append) => {
      // Meanwhile an answer or a cancellation may have ended it.
      const current = this.#journal.byId(journaled.command.id);
      if (current?.state !== journaled.state) {
        return;
      }
      const now = clock.now();
      if (decision.kind === 'finish') {
        this.#end(append, current, now, decision);
      } else if (decision.kind === 'again') {
        this.#journal.update({ ...current, state: 'RECEIVED', executingAt: undefined });
      } else if (decision.kind === 'executing') {
        this.#begin(append, current, now);
      } else if (decision.kind === 'note-boot-id') {
        this.#journal.update({ ...current, bootIdBefore: decision.bootId });
      }
    });
  }

  async #attempt(journaled: JournaledCommand, runner: Runner): Promise<boolean> {
    const { outbox, clock, bootId, attempt } = this.#options;
    const { command } = journaled;
    const attempting: JournaledCommand = {
      command,
      state: 'ATTEMPTING',
      executingAt: clock.now(),
      bootIdBefore: bootId(command.deviceId),
    };
    let begun = false;
    await outbox.commit(() => {
      begun = this.#journal.byId(command.id)?.state === 'RECEIVED';
      if (begun) {
        this.#journal.update(attempting);
      }
    });
    if (!begun) {
      return true;
    }
    runner.attempt = command.id;
    try {
      const outcome = await attempt(command).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
      );
      runner.lastError = 'error' in outcome ? outcome.error : undefined;
      await this.#keepTrying(runner, () =>
        'result' in outcome
          ? this.#attempted(attempting, outcome.result)
          : this.#carryOut(attempting, { kind: 'again' }),
      );
      return 'result' in outcome;
    } finally {
      runner.attempt = undefined;
    }
  }

  /** What happened at the device must reach the journal, however long that takes: else it might be done again. */
  async #keepTrying(runner: Runner, journal: () => Promise<void>): Promise<void> {
    for (let failures = 0; !this.#stopped; failures += 1) {
      const kept = await journal().then(
        () => true,
        () => false,
      );
      if (kept) {
        return;
      }
      await runner.waker.sleep(backoffMilliseconds(failures, backoff, this.#options.jitter));
    }
  }

  async #attempted(attempting: JournaledCommand, result: AttemptResult): Promise<void> {
    const { outbox, clock } = this.#options;
    await outbox.commit((append) => {
      const current = this.#journal.byId(attempting.command.id);
      if (!current || !isSpokenOf(current)) {
        return;
      }
      const now = clock.now();
      const status = result.status === 'delivered' ? 'executing' : result.status;
      this.#takeAnswer(
        append,
        current,
        {
          deviceId: attempting.command.deviceId,
          commandId: attempting.command.id,
          status,
          ...(result.reason !== undefined && { reason: result.reason }),
        },
        now,
      );
    });
  }

  #facts(journaled: JournaledCommand, runner: Runner) {
    const { clock, device, bootId } = this.#options;
    const { deviceId, id } = journaled.command;
    const now = clock.now();
    const definition = device(deviceId);
    return {
      now,
      deviceKnown: definition !== undefined,
      bootId: bootId(deviceId),
      rebootMilliseconds: definition?.rebootTimeoutMilliseconds ?? rebootMillisecondsDefault,
      recentReboots: this.#journal.rebootsSince(deviceId, now - rebootWindowMilliseconds, id),
      attemptUnderWay: runner.attempt === id,
      lastError: runner.lastError,
    };
  }

  /** Tells once that the command is with the device. */
  #begin(append: Append, journaled: JournaledCommand, now: number): void {
    if (journaled.state === 'EXECUTING') {
      return;
    }
    const { command, bootIdBefore } = journaled;
    this.#journal.update({ ...journaled, state: 'EXECUTING' });
    tell(append, command, 'EXECUTING', now, bootIdBefore === undefined ? {} : { bootIdBefore });
  }

  #end(
    append: Append,
    journaled: JournaledCommand,
    now: number,
    end: { state: FinalState; reason?: string; bootIdAfter?: string; result?: CommandUpdate['result'] },
  ): void {
    const { state, reason, bootIdAfter, result } = end;
    const { command, bootIdBefore } = journaled;
    this.#journal.update({ ...journaled, state });
    tell(append, command, state, now, {
      ...(reason !== undefined && { reason }),
      ...(bootIdBefore !== undefined && { bootIdBefore }),
      ...(bootIdAfter !== undefined && { bootIdAfter }),
      ...(result !== undefined && { result }),
    });
  }
}

/** Has the device been spoken to, so that an answer can be meant for it? */
function isSpokenOf(journaled: JournaledCommand): boolean {
  return isOpen(journaled) && journaled.state !== 'RECEIVED';
}
