import { AndonError } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html); the low byte of an extended one. */
const sharedMemorySize = 4874;
const resultCodes = { busy: 5, corrupt: 11, full: 13, notADatabase: 26 };

/** The primary result code of an error of `node:sqlite`, or undefined for any other error. */
function primaryResultCode(error: unknown): number | undefined {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return error.errcode & 0xff;
  }
  return undefined;
}

/** Something in the file is not as this program writes it. */
export class DamagedError extends Error {}

/** Does this error say that the file is not a sound database, or does not hold what it must? */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) {
    return true;
  }
  const code = primaryResultCode(error);
  return code === resultCodes.corrupt || code === resultCodes.notADatabase;
}

/** Does this error say that there is no room? The shared memory of the log needs some, too (SQLITE_IOERR_SHMSIZE). */
function isFull(error: unknown): boolean {
  const isSystem = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  const isShared = error instanceof Error && 'errcode' in error && error.errcode === sharedMemorySize;
  return isSystem || isShared || primaryResultCode(error) === resultCodes.full;
}

/** Does this error say that another process holds the database? */
export function isBusy(error: unknown): boolean {
  return primaryResultCode(error) === resultCodes.busy;
}

/** What went wrong with a transaction, as an error with a stable code. */
export function outboxError(error: unknown): AndonError {
  if (error instanceof AndonError) {
    return error;
  }
  const detail = messageOf(error);
  if (isDamage(error)) {
    return new AndonError({
      code: 'outbox.damaged',
      message: `The outbox file is damaged: ${detail}.`,
      nextStep: 'Nothing: it is set aside and a new one begun. Check the disk.',
      status: 503,
      cause: error,
    });
  }
  if (isFull(error)) {
    return new AndonError({
      code: 'outbox.disk-full',
      message: 'There is no room to keep the record.',
      nextStep: 'Free space on the disk that holds the data directory; the gateway goes on by itself.',
      status: 503,
      cause: error,
    });
  }
  return new AndonError({
    code: 'outbox.write-failed',
    message: `The record could not be kept: ${detail}.`,
    nextStep: 'Check the disk that holds the data directory; the gateway tries again by itself.',
    status: 503,
    cause: error,
  });
}

export function closedError(): AndonError {
  return new AndonError({
    code: 'outbox.closed',
    message: 'The outbox is closed.',
    nextStep: 'Send it again when the gateway has started.',
    status: 503,
  });
}

export function busyError(waiting: number): AndonError {
  return new AndonError({
    code: 'outbox.busy',
    message: `${waiting} records wait to be kept.`,
    nextStep: 'Send it again, more slowly.',
    status: 503,
  });
}

export function fullError(): AndonError {
  return new AndonError({
    code: 'outbox.full',
    message: 'The outbox is full, and is told to refuse what comes now.',
    nextStep: 'Send it again when the cloud has been reached.',
    status: 503,
  });
}
