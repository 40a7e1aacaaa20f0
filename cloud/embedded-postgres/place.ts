import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Binaries, copyBinaries, installedBinaries } from './binaries.ts';
import { canReach, chooseServerAccount, type ServerAccount } from './server-account.ts';

/** Where the server lives: its folder (data, port, password, log), its programs, and the user that it runs as. */
export interface Place {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly account: ServerAccount | undefined;
  /** One line for the log where something lies elsewhere than expected. */
  readonly remark: string | undefined;
}

const placeForRoot = '/var/lib/andon';
const pointerFile = 'postgres-location';

/** Decides where the server of `dataDirectory` lives, and makes the folders. */
export function choosePlace(dataDirectory: string, stamp: string): Place {
  mkdirSync(dataDirectory, { recursive: true });
  const folder = join(realpathSync(dataDirectory), 'postgres');
  const binaries = installedBinaries();
  const pointer = join(realpathSync(dataDirectory), pointerFile);
  const remembered = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : undefined;
  const account = chooseServerAccount(join(remembered ?? folder, 'data'));
  if (account === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { folder, binaries, account, remark: undefined };
  }
  const elsewhere = join(placeForRoot, createHash('sha256').update(folder).digest('hex').slice(0, 16));
  const mustMove = !existsSync(join(folder, 'data')) && !canReach(account, folder);
  const chosen = remembered ?? (mustMove ? elsewhere : folder);
  if (remembered === undefined && mustMove) {
    setAsideForgotten(elsewhere, stamp);
    writeFileSync(pointer, `${elsewhere}\n`);
  }
  makeReachable(chosen);
  const usable = canReach(account, binaries.postgres)
    ? binaries
    : copyBinaries(binaries, sharedBinaries(chosen));
  return {
    folder: chosen,
    binaries: usable,
    account,
    remark:
      chosen === folder && usable === binaries
        ? undefined
        : `PostgreSQL does not run as root, and its user cannot enter ${chosen === folder ? binaries.folder : folder}; ` +
          `its data lie in ${chosen}, its programs in ${usable.folder}`,
  };
}

/** Where the server of `dataDirectory` lives, if it was ever started. */
export function findPlace(dataDirectory: string): string | undefined {
  const pointer = join(dataDirectory, pointerFile);
  const folder = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : join(dataDirectory, 'postgres');
  return existsSync(join(folder, 'password')) ? folder : undefined;
}

function sharedBinaries(chosen: string): string {
  return chosen.startsWith(placeForRoot) ? dirname(chosen) : placeForRoot;
}

/** The data folder was thrown away and made anew: what belonged to the former one is kept, not used. */
function setAsideForgotten(folder: string, stamp: string): void {
  if (existsSync(folder)) {
    renameSync(folder, `${folder}.set-aside-${stamp}`);
  }
}

function makeReachable(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chmodSync(folder, 0o755);
  if (folder.startsWith(placeForRoot)) {
    chmodSync(placeForRoot, 0o755);
  }
}
