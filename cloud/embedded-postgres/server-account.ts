import { execFileSync } from 'node:child_process';
import { type Stats, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

/** The user that the server runs as; undefined where it simply runs as us. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * As an ordinary user: undefined. As root: whoever owns the data already, else `postgres` if there is such a user,
 * else one made now, else `nobody`.
 * @throws AndonError `platform.no-account-for-postgres` where there is none of them, `platform.data-of-another-user`,
 *   `platform.nameless-user`
 */
export function chooseServerAccount(dataFolder: string): ServerAccount | undefined {
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  const us = process.getuid?.();
  if (us === undefined) {
    return undefined;
  }
  if (us !== 0) {
    if (owner === undefined) {
      requireName(us);
    } else if (owner.uid !== us) {
      throw new AndonError({
        code: 'platform.data-of-another-user',
        message: `The data in ${dataFolder} belong to another user; an Andon that ran as root made them.`,
        nextStep: `Start Andon as root again, or give it another ANDON_DATA_DIR.`,
        status: 500,
      });
    }
    return undefined;
  }
  if (owner !== undefined && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid };
  }
  const account = accountNamed('postgres') ?? createSystemUser('postgres') ?? accountNamed('nobody');
  if (account === undefined) {
    throw new AndonError({
      code: 'platform.no-account-for-postgres',
      message: 'PostgreSQL does not run as root, and there is no user that it could run as.',
      nextStep: 'Create a system user named postgres, start Andon as an ordinary user, or set DATABASE_URL.',
      status: 500,
    });
  }
  return account;
}

/** Containers are often run as a number that no password file knows; initdb does not work then. */
function requireName(uid: number): void {
  try {
    userInfo();
  } catch (cause) {
    throw new AndonError({
      code: 'platform.nameless-user',
      message: `The user ${uid} has no name on this machine, and PostgreSQL makes no database without one.`,
      nextStep: 'Add the user to /etc/passwd, start Andon as a user that is there, or set DATABASE_URL.',
      status: 500,
      cause,
    });
  }
}

function accountNamed(name: string): ServerAccount | undefined {
  const [uid, gid] = [run('id', ['-u', name]), run('id', ['-g', name])].map(Number);
  // A machine that does not know the name makes `id` fail; uid 0 would be root again.
  return uid && gid ? { uid, gid } : undefined;
}

function createSystemUser(name: string): ServerAccount | undefined {
  run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  return accountNamed(name);
}

/** What the program printed; an empty text where it is absent or failed. */
function run(program: string, parameters: string[]): string {
  try {
    return execFileSync(program, parameters, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

/** May this account pass through every folder down to `path`? Parts that do not exist yet are not asked about. */
export function canReach(account: ServerAccount, path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats?.isDirectory() && !mayEnter(account, stats)) {
      return false;
    }
    if (folder === dirname(folder)) {
      return true;
    }
  }
}

function mayEnter(account: ServerAccount, stats: Stats): boolean {
  if (stats.uid === account.uid) {
    return (stats.mode & 0o100) !== 0;
  }
  return (stats.mode & (stats.gid === account.gid ? 0o010 : 0o001)) !== 0;
}
