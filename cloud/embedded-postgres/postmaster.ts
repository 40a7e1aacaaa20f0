import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A running server, whether it is our child or was adopted. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when it is gone. */
  readonly exited: Promise<void>;
}

/** What `postmaster.pid` says (PostgreSQL's `miscadmin.h`: process, data folder, start time in seconds, port). */
export interface PidFile {
  readonly pid: number;
  readonly dataDirectory: string;
  readonly startedAtSeconds: number;
  readonly port: number;
}

export function readPidFile(dataDirectory: string): PidFile | undefined {
  const path = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(path)) {
    return undefined;
  }
  const [pid, directory, startedAt, port] = readFileSync(path, 'utf8').split('\n');
  return {
    pid: Number(pid),
    dataDirectory: directory ?? '',
    startedAtSeconds: Number(startedAt),
    port: Number(port),
  };
}

export function removePidFile(dataDirectory: string): void {
  rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    // ESRCH, or ENOENT of /proc: it is gone. EPERM: it is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Ended, but not yet fetched by its parent, which may take its time when we are not the parent. */
function isZombie(pid: number): boolean {
  return process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').slice(0, 80));
}

/** Is the process a PostgreSQL server on this data folder, going by its command line? */
export function servesFolder(pid: number, dataDirectory: string): boolean {
  const commandLine = commandLineOf(pid);
  return commandLine.includes('postgres') && commandLine.includes(dataDirectory);
}

function commandLineOf(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    // It ended while we looked.
    return '';
  }
}

const lookAgainMilliseconds = 100;

/** Watches a process that is not our child. */
export function watchProcess(pid: number): Postmaster {
  const exited = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (!isAlive(pid)) {
        clearInterval(timer);
        resolve();
      }
    }, lookAgainMilliseconds);
    timer.unref();
  });
  return { pid, exited };
}
