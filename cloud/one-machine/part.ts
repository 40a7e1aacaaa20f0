import { type ChildProcess, fork } from 'node:child_process';
import { AndonError, backoffMilliseconds, type Clock, jitter } from '@andon/shared/kernel';
import type { LogFile } from './log-file.ts';
import { isReadyMessage, type ReadyMessage } from './ready-message.ts';

export interface PartOptions {
  readonly name: string;
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  readonly commandLine: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: LogFile;
  readonly clock: Clock;
  readonly startMillisecondsMax: number;
  /** A line for the person at the terminal: problems only. */
  readonly tell: (line: string) => void;
  /** Before each start, also one after a crash. */
  readonly prepare?: () => void;
  /** After each start. */
  readonly onProcess: (processId: number | undefined) => void;
}

const restart = { baseMilliseconds: 200, capMilliseconds: 10_000 };
/** A part that ran this long begins anew with its back-off. */
const steadyMilliseconds = 60_000;
const stopMillisecondsMax = 15_000;

/**
 * One program of the house in a process of its own. It stops by itself when its channel to us is gone, so nothing is
 * left running when we are killed; it is started again when it dies.
 */
export class Part {
  readonly #options: PartOptions;
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;
  #failures = 0;
  #startedAt = 0;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  /** Resolves when it is ready for the first time; rejects when it ends before, or takes too long. */
  async start(): Promise<ReadyMessage> {
    const { name, log, startMillisecondsMax } = this.#options;
    const child = this.#launch();
    const ready = Promise.withResolvers<ReadyMessage>();
    const timer = setTimeout(() => {
      ready.reject(this.#failed(`${name} was not ready within ${startMillisecondsMax / 1000} s.`));
    }, startMillisecondsMax);
    child.on('message', (message) => {
      if (isReadyMessage(message)) ready.resolve(message);
    });
    child.once('error', (error) =>
      ready.reject(this.#failed(`${name} could not be started: ${error.message}`)),
    );
    child.once('exit', () => {
      const reason = log.lastLines.findLast((line) => !isStackFrame(line)) ?? 'it said nothing';
      ready.reject(this.#failed(`${name} ended while it was starting: ${reason}`));
    });
    try {
      const message = await ready.promise;
      child.once('exit', (code, signal) => this.#died(code, signal));
      return message;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks it to end, and makes it end where it does not. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.tell(`${this.#options.name} does not stop by itself and is ended.`);
      child.kill('SIGKILL');
    }, stopMillisecondsMax);
    await ended;
    clearTimeout(timer);
  }

  /** Ends it at once, for somebody who will not wait. */
  kill(): void {
    this.#stopped ??= Promise.resolve();
    this.#child?.kill('SIGKILL');
  }

  #launch(): ChildProcess {
    const {
      script,
      nodeFlags = [],
      commandLine,
      environment,
      log,
      clock,
      name,
      prepare,
      onProcess,
    } = this.#options;
    prepare?.();
    // A process group of its own: Ctrl-C reaches us alone, and we stop the parts in order.
    const child = fork(script, [...commandLine], {
      silent: true,
      detached: true,
      execArgv: [...nodeFlags],
      env: environment,
    });
    // First of all: were we killed now, the next start must know whom to wait for.
    onProcess(child.pid);
    log.write(`--- ${name} starts at ${new Date(clock.now()).toISOString()}\n`);
    child.stdout?.on('data', (text: Buffer) => log.write(text));
    child.stderr?.on('data', (text: Buffer) => log.write(text));
    this.#child = child;
    this.#startedAt = clock.monotonic();
    return child;
  }

  #died(code: number | null, signal: string | null): void {
    if (this.#stopped) return;
    const { name, log, clock, tell } = this.#options;
    if (clock.monotonic() - this.#startedAt > steadyMilliseconds) this.#failures = 0;
    const wait = backoffMilliseconds(this.#failures, restart, jitter);
    this.#failures += 1;
    tell(`${name} ended (${signal ?? `exit code ${code}`}) and is started again; see ${log.path}`);
    this.#restartTimer = setTimeout(() => {
      const child = this.#launch();
      child.once('error', (error) => log.write(`${name} could not be started: ${error.message}\n`));
      child.once('exit', (nextCode, nextSignal) => this.#died(nextCode, nextSignal));
    }, wait);
  }

  #failed(message: string): AndonError {
    return new AndonError({
      code: 'one-machine.part-failed',
      message,
      nextStep: `Everything that it said is in ${this.#options.log.path}`,
    });
  }
}

const isStackFrame = (line: string): boolean => /^\s+at /.test(line);
