import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';

export const keyCharactersMax = 4096;

/** A place for a key that is held open until there is one, with the room for it taken on the disk. */
export interface KeyPlace {
  /** Puts the key into `file` of the same folder: whole, durable, and readable by its owner alone. */
  write(key: string, file: string): void;
  /** No key came. */
  giveUp(): void;
}

/** @throws AndonError `enrolment.no-room-for-key` where nothing can be written there */
export function openKeyPlace(keyFile: string): KeyPlace {
  const draft = `${keyFile}.${randomUUID()}`;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(draft, 'wx', 0o600);
    // A disk that is full says so now, and not when the code is used up.
    writeFileSync(descriptor, ' '.repeat(keyCharactersMax + 1));
    fsyncSync(descriptor);
  } catch (error) {
    discard(draft, descriptor);
    throw new AndonError({
      code: 'enrolment.no-room-for-key',
      message: `The key cannot be written to ${keyFile}: ${messageOf(error)}`,
      nextStep: 'Make its folder writable, with room on the disk; the code was not used.',
      cause: error,
    });
  }
  const place = descriptor;
  return {
    write(key, file) {
      const bytes = writeSync(place, `${key}\n`, 0);
      ftruncateSync(place, bytes);
      fsyncSync(place);
      closeSync(place);
      renameSync(draft, file);
      syncFolder(dirname(file));
    },
    giveUp: () => discard(draft, place),
  };
}

function discard(draft: string, descriptor: number | undefined): void {
  if (descriptor !== undefined) {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
