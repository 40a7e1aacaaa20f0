import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere, writeSecretFile } from './secret-file.ts';

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
    const before = this.#read();
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

  #read(): number[] {
    const text = readIfThere(this.#file);
    if (text === undefined) return [];
    return Object.values(Object(JSON.parse(text))).filter(isProcessId);
  }
}

/** 1 is nobody's child; 0 and below are groups. */
const isProcessId = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 1;

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
