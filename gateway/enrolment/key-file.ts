import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

/** A place for a key that is held open until there is one. */
export interface KeyPlace {
  /** Puts the key where it belongs: whole, durable, and readable by its owner alone. */
  write(key: string): void;
  /** No key came. */
  giveUp(): void;
}

/** @throws AndonError `enrolment.no-room-for-key` where nothing can be written there */
export function openKeyPlace(file: string): KeyPlace {
  const draft = `${file}.${randomUUID()}`;
  let descriptor: number;
  try {
    descriptor = openSync(draft, 'wx', 0o600);
  } catch (error) {
    throw new AndonError({
      code: 'enrolment.no-room-for-key',
      message: `The key cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}`,
      nextStep: 'Make its folder writable; the code was not used.',
      cause: error,
    });
  }
  return {
    write(key) {
      writeSync(descriptor, `${key}\n`);
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(draft, file);
      syncFolder(dirname(file));
    },
    giveUp() {
      closeSync(descriptor);
      rmSync(draft, { force: true });
    },
  };
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
