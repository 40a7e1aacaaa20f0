import type { DatabaseSync } from 'node:sqlite';
import {
  type Command,
  type CommandGuard,
  type CommandRule,
  commandReason,
  type DeviceDefinition,
  type SignalValue,
} from '@andon/shared/contracts';
import { backoffMilliseconds, type Clock } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';
import type { Append, Outbox } from '../outbox/index.ts';
import { Waker } from '../waker.ts';
import {
  type CommandFacts,
  type Decision,
  decide,
  decideAfterRestart,
  type JournaledCommand,
  rebootMillisecondsDefault,
  rebootWindowMilliseconds,
} from './decide.ts';
import { judgeGuard, type Readings } from './guard.ts';
import { CommandJournal } from './journal.ts';
import { runRoutine } from './routine.ts';
import { CommandSteps, type DeviceAnswer } from './steps.ts';

const backoff = { baseMilliseconds: 500, capMilliseconds: 15_000 };
const sleepMillisecondsMax = 60_000;

/** How a device was spoken to: see `Connector.execute`. */
export interface AttemptResult {
  readonly status: 'delivered' | 'succeeded' | 'failed' | 'rejected';
  readonly reason?: string;
}

export interface CommandRunnerOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly device: (deviceId: string) => DeviceDefinition | undefined;
  readonly bootId: (deviceId: string) => string | undefined;
  /** Hands the command to the device; rejects where it cannot be reached now. */
  readonly attempt: (command: Command) => Promise<AttemptResult>;
  /** Passes as time does, whatever the clock is set to, also over restarts: see `ClockKeeper.steadyNow`. */
  readonly steadyNow: () => number;
  /** What guards and routines look at. */
  readonly readings: Readings;
  /** Writes a point of a device, for a routine; rejects where it cannot. */
  readonly write: (deviceId: string, point: string, value: SignalValue) => Promise<void>;
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
  readonly #steps: CommandSteps;
  readonly #runners = new Map<string, Runner>();
  /** Commands that the last run of the gateway left with their devices, until it is decided what becomes of them. */
  readonly #left = new Set<string>();
  #stopped = false;

  constructor(database: DatabaseSync, options: CommandRunnerOptions) {
    this.#options = options;
    this.#journal = new CommandJournal(database);
    this.#steps = new CommandSteps(this.#journal, options.clock, options.outbox.memoryLostAt);
  }

  /** Takes up what the last run of the gateway left. */
  start(): void {
    for (const deviceId of this.#journal.devicesWithOpen()) {
      const oldest = this.#journal.oldestOpen(deviceId);
      if (oldest?.state === 'EXECUTING') {
        this.#left.add(oldest.command.id);
      }
      this.wake(deviceId);
    }
  }

  /** What is with a device at this moment is not waited for; what it answers is kept as long as the outbox is open. */
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
    this.#steps.receive(command, append);
  }

  /** Inside a transaction: cancels the command where it has not begun. */
  cancel(commandId: string, append: Append): void {
    this.#steps.cancel(commandId, append);
  }

  /** Commands in the journal, by state. */
  counts(): { state: string; commands: number }[] {
    return this.#options.outbox.read(() => this.#journal.counts());
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

  /** See `ConnectorContext.commandResult`. */
  async answer(answer: DeviceAnswer): Promise<void> {
    await this.#options.outbox.commit((append) => this.#steps.answer(answer, append));
    this.wake(answer.deviceId);
  }

  async #run(deviceId: string, runner: Runner): Promise<void> {
    while (!this.#stopped) {
      const outcome = await this.#step(deviceId, runner).catch(
        // The outbox shows what is wrong with it; the step is taken again.
        () => 'failed' as const,
      );
      if (outcome === 'nothing to do') {
        break;
      }
      if (outcome === 'done') {
        runner.failures = 0;
      } else if (outcome === 'failed' && !this.#stopped) {
        await runner.waker.sleep(backoffMilliseconds(runner.failures, backoff, this.#options.jitter));
        runner.failures += 1;
      }
    }
    this.#runners.delete(deviceId);
  }

  async #step(deviceId: string, runner: Runner): Promise<'nothing to do' | 'done' | 'waited' | 'failed'> {
    const { outbox, clock } = this.#options;
    const next = outbox.read(() => this.#next(deviceId, runner));
    if (!next) {
      return 'nothing to do';
    }
    const { journaled, decision } = next;
    if (decision.kind === 'wait') {
      const rest = decision.until - clock.now();
      await runner.waker.sleep(Math.min(sleepMillisecondsMax, Math.max(1, rest)));
      return 'waited';
    }
    if (decision.kind === 'attempt') {
      return (await this.#attempt(journaled, runner)) ? 'done' : 'failed';
    }
    await this.#carryOut(journaled, decision);
    this.#left.delete(journaled.command.id);
    if (decision.kind === 'finish') {
      runner.lastError = undefined;
    }
    return 'done';
  }

  #next(
    deviceId: string,
    runner: Runner,
  ): { readonly journaled: JournaledCommand; readonly decision: Decision } | undefined {
    const journaled = this.#journal.oldestOpen(deviceId);
    if (!journaled) {
      return undefined;
    }
    const afterRestart = this.#left.has(journaled.command.id) ? decideAfterRestart(journaled) : undefined;
    return { journaled, decision: afterRestart ?? decide(journaled, this.#facts(journaled, runner)) };
  }

  #carryOut(journaled: JournaledCommand, decision: Decision): Promise<void> {
    return this.#options.outbox.commit((append) => this.#steps.carryOut(journaled, decision, append));
  }

  /** Gives false where it is to be tried again after a pause. */
  async #attempt(journaled: JournaledCommand, runner: Runner): Promise<boolean> {
    const { outbox, steadyNow, bootId } = this.#options;
    const { command } = journaled;
    const attempting: JournaledCommand = {
      command,
      state: 'ATTEMPTING',
      executingAt: Math.round(steadyNow()),
      bootIdBefore: bootId(command.deviceId),
    };
    let begun = false;
    await outbox.commit(() => {
      begun = this.#steps.attempt(attempting);
    });
    if (!begun) {
      return true;
    }
    runner.attempt = command.id;
    try {
      const outcome = await this.#perform(command).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: messageOf(error) }),
      );
      runner.lastError = 'error' in outcome ? outcome.error : undefined;
      await this.#keepTrying(runner, () =>
        'result' in outcome
          ? this.#attempted(command, outcome.result)
          : this.#carryOut(attempting, { kind: 'again' }),
      );
      return 'result' in outcome;
    } finally {
      runner.attempt = undefined;
    }
  }

  /** The gateway carries out what is a routine; everything else is the device's own. */
  #perform(command: Command): Promise<AttemptResult> {
    const { attempt, write, clock, readings } = this.#options;
    const rule = this.#ruleOf(command);
    if (rule?.routine === undefined) {
      return attempt(command);
    }
    return runRoutine(rule, command, {
      clock,
      readings,
      write: (point, value) => write(command.deviceId, point, value),
      pause: (milliseconds) => this.#pause(milliseconds),
      begun: () => this.#attempted(command, { status: 'delivered' }),
    });
  }

  #ruleOf({ deviceId, name }: Command): CommandRule | undefined {
    return this.#options.device(deviceId)?.commands?.find((rule) => rule.name === name);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (!this.#stopped) {
          resolve();
        }
      }, milliseconds).unref();
    });
  }

  /** What happened at the device must reach the journal, however long that takes: else it might be done again. */
  async #keepTrying(runner: Runner, journal: () => Promise<void>): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const kept = await journal().then(
        () => true,
        () => false,
      );
      if (kept || this.#stopped) {
        return;
      }
      await runner.waker.sleep(backoffMilliseconds(failures, backoff, this.#options.jitter));
    }
  }

  #attempted({ id, deviceId }: Command, { status, reason }: AttemptResult): Promise<void> {
    const answer: DeviceAnswer = {
      deviceId,
      commandId: id,
      status: status === 'delivered' ? 'executing' : status,
      ...(reason !== undefined && { reason }),
    };
    return this.#options.outbox.commit((append) => this.#steps.answer(answer, append));
  }

  #facts(journaled: JournaledCommand, runner: Runner): CommandFacts {
    const { clock, device, bootId, steadyNow } = this.#options;
    const { deviceId, id } = journaled.command;
    const now = clock.now();
    const definition = device(deviceId);
    return {
      now,
      steadyNow: steadyNow(),
      deviceKnown: definition !== undefined,
      bootId: bootId(deviceId),
      rebootMilliseconds: definition?.rebootTimeoutMilliseconds ?? rebootMillisecondsDefault,
      recentReboots: this.#journal.rebootsSince(deviceId, steadyNow() - rebootWindowMilliseconds, id),
      attemptUnderWay: runner.attempt === id,
      lastError: runner.lastError,
      ...this.#guardsOf(journaled),
    };
  }

  /** Judged until it begins; a routine looks at its interlock itself. */
  #guardsOf({ command, state }: JournaledCommand): Pick<CommandFacts, 'held' | 'forbidden'> {
    const rule = state === 'RECEIVED' ? this.#ruleOf(command) : undefined;
    const { clock, readings } = this.#options;
    const unless = (
      token: 'interlock' | 'precondition',
      guard: CommandGuard | undefined,
      wanted: boolean,
    ): string | undefined => {
      if (guard === undefined) {
        return undefined;
      }
      const { truth, seen } = judgeGuard(guard, command.deviceId, readings, clock.monotonic());
      return truth === wanted
        ? undefined
        : commandReason(token, { guard: guard.because ?? guard.formula, seen });
    };
    return {
      held: unless('interlock', rule?.interlock, false),
      forbidden: unless('precondition', rule?.precondition, true),
    };
  }
}
