/**
 * The folder in which a program keeps what it must not lose.
 *
 * What may go wrong: on a file system that makes no folders but has no such word for it (`/proc` says that the folder
 * above is not there), Node's recursive `mkdir` tries for ever. So each level is made by itself, and a folder that is
 * there is tried; whatever makes folders below it later on may then do it the usual way.
 */
import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

/**
 * Makes the folder and those above it where they are not there, with this mode.
 * @throws AndonError `data-directory.cannot-be-made` where the file system refuses
 */
export function makeDataDirectory(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) {
    missing.unshift(folder);
  }
  for (const folder of missing) {
    make(folder, path, mode);
  }
  if (missing.length === 0) {
    tryFolder(resolve(path), path);
  }
}

function make(folder: string, path: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (!isCode(error, 'EEXIST')) {
      throw cannotBeMade(path, error);
    }
  }
}

/** A folder that is there, and says that it is not, holds no files of ours. A full disk or missing rights show later. */
function tryFolder(folder: string, path: string): void {
  try {
    rmdirSync(mkdtempSync(join(folder, '.try-')));
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) {
      throw cannotBeMade(path, error);
    }
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function cannotBeMade(path: string, cause: unknown): AndonError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AndonError({
    code: 'data-directory.cannot-be-made',
    message: `The data directory ${path} cannot be made: ${why}.`,
    nextStep: 'Name a folder on a disk that this user may write to.',
    cause,
  });
}
