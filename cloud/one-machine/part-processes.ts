import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { readIfThere, writeSecretFile } from './secret-file.ts';

const Processes = Type.Record(Type.String(), Type.Integer({ minimum: 2 }));

const patienceMilliseconds = 25_000;
const lookMilliseconds = 50;

/**
 * The processes of the parts, on file. A supervisor that is killed leaves parts that are busy stopping for some
 * seconds, and the next one has to let them: they hold the database, the outbox and the ports.
 */
export class PartProcesses {
  readonly #file: string;
  readonly #present: Record<string, number> = {};

  constructor(file: string) {
    this.#file = file;
  }

  /** Waits until what the run before left behind is gone, but not for ever: a process id may be somebody else's now. */
  async awaitThoseOfBefore(): Promise<void> {
    const before = Object.values(this.#read());
    for (let waited = 0; before.some(isAlive) && waited < patienceMilliseconds; waited += lookMilliseconds) {
      await delay(lookMilliseconds);
    }
  }

  note(name: string, processId: number | undefined): void {
    if (processId === undefined) return;
    this.#present[name] = processId;
    writeSecretFile(this.#file, JSON.stringify(this.#present));
  }

  /** All have stopped. */
  forget(): void {
    rmSync(this.#file, { force: true });
  }

  #read(): Record<string, number> {
    const text = readIfThere(this.#file);
    if (text === undefined) return {};
    const content: unknown = JSON.parse(text);
    return Value.Check(Processes, content) ? content : {};
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) {
      return false;
    }
    throw error;
  }
}
