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
 * As an ordinary user: undefined. As root: `postgres` if there is such a user, else one made now, else `nobody`.
 * @throws AndonError `platform.no-account-for-postgres` where there is none of them
 */
export function chooseServerAccount(): ServerAccount | undefined {
  if (userInfo().uid !== 0) {
    return undefined;
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
