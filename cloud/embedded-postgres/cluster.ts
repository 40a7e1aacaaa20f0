import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import { freePort } from './free-port.ts';
import type { Place } from './place.ts';
import type { Postmaster } from './postmaster.ts';

/** The name of the superuser and of the database. */
export const clusterUser = 'andon';

/** For a small machine that shares its memory with a gateway; what keeps promises (fsync) is never switched off. */
const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '64MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // Pages of a solid-state disk, or in memory: a few rows of many are looked up by their index.
  random_page_cost: '1.1',
  max_wal_size: '512MB',
  min_wal_size: '64MB',
  checkpoint_timeout: '15min',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Small containers have 64 MB of shared memory, and our queries are short.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
};

const logBytesMax = 10 * 1024 * 1024;

export function dataFolderOf(place: Place): string {
  return join(place.folder, 'data');
}

/** Makes the cluster if there is none, and checks that the programs suit it. Interrupted, it begins again. */
export async function initialiseCluster(
  place: Place,
  options: { newPassword: () => string; synced: boolean },
): Promise<void> {
  const data = dataFolderOf(place);
  const versionFile = join(data, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    await runInitdb(place, options.newPassword(), options.synced ? [] : ['--no-sync']);
    return;
  }
  const made = readFileSync(versionFile, 'utf8').trim();
  const ours = place.binaries.version.split('.')[0];
  if (made !== ours) {
    throw new AndonError({
      code: 'platform.postgres-version',
      message: `The data in ${data} were made by PostgreSQL ${made}; this Andon brings PostgreSQL ${ours}.`,
      nextStep: `Dump them with the former Andon and load them into this one, or set DATABASE_URL.`,
      status: 500,
    });
  }
}

async function runInitdb(place: Place, password: string, more: readonly string[]): Promise<void> {
  const unfinished = join(place.folder, 'data.unfinished');
  const passwordForInitdb = join(place.folder, 'password-for-initdb');
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(join(place.folder, 'password'), password, { mode: 0o600 });
  writeFileSync(passwordForInitdb, password, { mode: 0o600 });
  // The server's user may write into no folder of ours but this one.
  mkdirSync(unfinished, { mode: 0o700 });
  if (place.account) {
    chownSync(passwordForInitdb, place.account.uid, place.account.gid);
    chownSync(unfinished, place.account.uid, place.account.gid);
  }
  try {
    await runToEnd(place, place.binaries.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${clusterUser}`,
      `--pwfile=${passwordForInitdb}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...more,
    ]);
  } finally {
    rmSync(passwordForInitdb, { force: true });
  }
  renameSync(unfinished, dataFolderOf(place));
}

function runToEnd(place: Place, program: string, parameters: string[]): Promise<void> {
  const log = openLog(place);
  return new Promise<void>((resolve, reject) => {
    const child = spawn(program, parameters, { ...place.account, cwd: '/', stdio: ['ignore', log, log] });
    child.once('error', (error) => reject(cannotRun(place, program, error)));
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(cannotRun(place, program, new Error(`exit code ${code}`))),
    );
  }).finally(() => closeSync(log));
}

/** Starts the server; it may still be recovering when this returns. */
export function spawnPostmaster(
  place: Place,
  port: number,
  settings: Readonly<Record<string, string>>,
): Postmaster {
  const log = openLog(place);
  const options = Object.entries({ ...serverSettings, ...settings, port: String(port) });
  const child = spawn(
    place.binaries.postgres,
    ['-D', dataFolderOf(place), ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // In a session of its own: Ctrl-C is for us to hand on, after the requests have been drained.
    { ...place.account, cwd: '/', detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { pid: child.pid ?? 0, exited };
}

export function logFileOf(place: Place): string {
  return join(place.folder, 'postgres.log');
}

function openLog(place: Place): number {
  const path = logFileOf(place);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) {
    renameSync(path, `${path}.1`);
  }
  const descriptor = openSync(path, 'a', 0o640);
  chmodSync(path, 0o640);
  return descriptor;
}

/** Did the last start fail because processes of a killed server still hold its memory or its lock file? */
export function isHeldByFormerProcesses(place: Place): boolean {
  const lastLines = readFileSync(logFileOf(place), 'utf8').slice(-600);
  return /still in use|lock file "[^"]*" already exists|Address already in use/.test(lastLines);
}

export function cannotRun(place: Place, program: string, cause: unknown): AndonError {
  return new AndonError({
    code: 'platform.postgres-does-not-start',
    message: `The embedded PostgreSQL does not start (${program}).`,
    nextStep: `Read the end of ${logFileOf(place)}; or set DATABASE_URL to a PostgreSQL server of yours.`,
    status: 500,
    cause,
  });
}

/** The port of the last time if it is free, else another; it is written down. */
export async function choosePort(place: Place): Promise<number> {
  const path = join(place.folder, 'port');
  const former = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  const port = await freePort(former).catch(() => freePort(0));
  writeFileSync(path, `${port}\n`);
  return port;
}
