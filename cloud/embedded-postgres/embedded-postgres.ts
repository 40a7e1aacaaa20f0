import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AndonError, backoffMilliseconds, type Clock, jitter, randomSecret } from '@andon/shared/kernel';
import pg from 'pg';
import {
  cannotRun,
  choosePort,
  clusterUser,
  dataFolderOf,
  initialiseCluster,
  isHeldByFormerProcesses,
  spawnPostmaster,
} from './cluster.ts';
import { lockFolder } from './folder-lock.ts';
import { choosePlace, findPlace, type Place } from './place.ts';
import {
  isAlive,
  type Postmaster,
  readPidFile,
  removePidFile,
  servesFolder,
  watchProcess,
} from './postmaster.ts';

export interface EmbeddedPostgres {
  /** `postgres://…` with the password. It stays the same over restarts of the server. */
  readonly url: string;
  /** Where data, password, port and log lie. */
  readonly folder: string;
  /** The server's process at the moment; 0 while there is none. */
  processId(): number;
  /** Fast shutdown: connections end, everything is written, and the folder is free again. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly logger: { info(message: string): void; warn(message: string): void };
  /** Server settings over ours; tests switch syncing off. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether it is worth while to wait a little where another process holds the data. */
  readonly waitsForData?: () => boolean;
}

const readyWithinMilliseconds = 120_000;
const stopWithinMilliseconds = 20_000;
const dataFreeWithinMilliseconds = 45_000;
const lookAgainMilliseconds = 100;
const restartBackoff = { baseMilliseconds: 50, capMilliseconds: 5_000 };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function lockWhenFree(
  folder: string,
  { clock, waitsForData }: EmbeddedPostgresOptions,
): Promise<() => void> {
  const until = clock.monotonic() + dataFreeWithinMilliseconds;
  for (;;) {
    try {
      return lockFolder(folder);
    } catch (error) {
      const isHeld = error instanceof AndonError && error.code === 'platform.data-in-use';
      if (!isHeld || !waitsForData?.() || clock.monotonic() > until) {
        throw error;
      }
      await pause(lookAgainMilliseconds);
    }
  }
}

/**
 * Starts the embedded server on `<dataDirectory>/postgres`, or adopts the one that a killed process left behind,
 * and keeps it running until `stop`.
 * @throws AndonError `platform.data-in-use`, `platform.postgres-does-not-start`, `platform.postgres-version`,
 *   `platform.no-postgres-binaries`, `platform.no-account-for-postgres`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = choosePlace(options.dataDirectory, String(options.clock.now()));
  const unlock = await lockWhenFree(place.folder, options);
  try {
    if (place.remark) {
      options.logger.info(place.remark);
    }
    await initialiseCluster(place, {
      newPassword: randomSecret,
      synced: options.settings?.fsync !== 'off',
    });
    const password = passwordIn(place.folder);
    const adopted = await adoptOrphan(place, password, options);
    const port = adopted?.port ?? (await choosePort(place));
    const url = urlOf(password, port);
    const keeper = createKeeper({ place, url, port, options });
    await keeper.begin(adopted?.postmaster);
    await createDatabaseOnce(url);
    return {
      url,
      folder: place.folder,
      processId: keeper.processId,
      async stop() {
        await keeper.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** How to reach the server that another process of ours keeps on `dataDirectory`; undefined where there is none. */
export function findRunningPostgres(dataDirectory: string): string | undefined {
  const folder = findPlace(dataDirectory);
  const found = folder === undefined ? undefined : readPidFile(join(folder, 'data'));
  return folder === undefined || found === undefined ? undefined : urlOf(passwordIn(folder), found.port);
}

function passwordIn(folder: string): string {
  return readFileSync(join(folder, 'password'), 'utf8').trim();
}

function urlOf(password: string, port: number): string {
  return `postgres://${clusterUser}:${encodeURIComponent(password)}@127.0.0.1:${port}/andon`;
}

interface KeeperOptions {
  place: Place;
  url: string;
  port: number;
  options: EmbeddedPostgresOptions;
}

/** Keeps one server running: whenever it ends unasked, it is started again. */
function createKeeper({ place, url, port, options }: KeeperOptions) {
  let postmaster: Postmaster | undefined;
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();

  const start = async (): Promise<Postmaster> => {
    const started = spawnPostmaster(place, port, options.settings ?? {});
    postmaster = started;
    if (!(await becomesReady(started, url, options.clock))) {
      await shutDown(started);
      throw cannotRun(place, place.binaries.postgres, new Error('it ended, or did not become ready in time'));
    }
    return started;
  };
  const watch = (watched: Postmaster): void => {
    void watched.exited.then(() => {
      if (!stopping) {
        options.logger.warn(`the embedded PostgreSQL (process ${watched.pid}) is gone; starting it again`);
        restarting = restart();
      }
    });
  };
  const restart = async (): Promise<void> => {
    postmaster = undefined;
    for (let attempt = 0; !stopping; attempt += 1) {
      try {
        const started = await start();
        options.logger.info(`the embedded PostgreSQL runs again (process ${started.pid})`);
        watch(started);
        return;
      } catch (error) {
        postmaster = undefined;
        options.logger.warn(`${String(error)} Trying again.`);
        await pause(backoffMilliseconds(attempt, restartBackoff, jitter));
      }
    }
  };
  return {
    processId: () => postmaster?.pid ?? 0,
    /** Takes over what runs already, or starts one. Processes of a killed server may need a moment to be gone. */
    async begin(adopted: Postmaster | undefined) {
      postmaster = adopted;
      const deadline = options.clock.monotonic() + readyWithinMilliseconds;
      for (let attempt = 0; postmaster === undefined; attempt += 1) {
        try {
          await start();
        } catch (error) {
          postmaster = undefined;
          if (options.clock.monotonic() > deadline || !isHeldByFormerProcesses(place)) {
            throw error;
          }
          await pause(backoffMilliseconds(attempt, restartBackoff, jitter));
        }
      }
      watch(postmaster);
    },
    async stop() {
      stopping = true;
      await restarting;
      if (postmaster) {
        await shutDown(postmaster);
      }
    },
  };
}

async function shutDown(postmaster: Postmaster): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown. SIGQUIT ends it at once, and the next start recovers from the log.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(postmaster.pid)) {
      return;
    }
    send(postmaster.pid, signal);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopWithinMilliseconds);
    });
    await Promise.race([postmaster.exited, timeout]);
    clearTimeout(timer);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it ended between our look and our signal, which is what we wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}

/** Waits until it answers; false when it ended or the deadline passed. Recovery after a crash is waited for. */
async function becomesReady(postmaster: Postmaster, url: string, clock: Clock): Promise<boolean> {
  let ended = false;
  void postmaster.exited.then(() => {
    ended = true;
  });
  const deadline = clock.monotonic() + readyWithinMilliseconds;
  while (!ended && clock.monotonic() < deadline) {
    const answer = await ask(url);
    if (answer !== undefined) {
      return !ended;
    }
    await pause(10);
  }
  return false;
}

/** What the server behind the URL says of itself; undefined while it cannot answer. */
async function ask(url: string): Promise<{ dataDirectory: string; startedAtSeconds: number } | undefined> {
  const client = new pg.Client({ connectionString: maintenanceUrl(url), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ directory: string; started: string }>(
      `select current_setting('data_directory') as directory,
              extract(epoch from pg_postmaster_start_time())::bigint as started`,
    );
    const row = rows[0];
    return row && { dataDirectory: row.directory, startedAtSeconds: Number(row.started) };
  } catch {
    // Not yet, not any more, or not ours: the caller asks again or gives up.
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function maintenanceUrl(url: string): string {
  return url.replace(/\/[^/]*$/, '/postgres');
}

/**
 * The server that a killed Andon left behind on this folder, if there is one. That it is ours is proved by signing in
 * with our password and by what it says of its folder; a process that merely has the number is not touched.
 */
async function adoptOrphan(
  place: Place,
  password: string,
  options: EmbeddedPostgresOptions,
): Promise<{ port: number; postmaster: Postmaster } | undefined> {
  const data = dataFolderOf(place);
  const found = readPidFile(data);
  if (found === undefined || !isAlive(found.pid)) {
    return undefined;
  }
  if (!servesFolder(found.pid, data)) {
    options.logger.warn(
      `${data}/postmaster.pid names process ${found.pid}, which is not PostgreSQL: removed`,
    );
    removePidFile(data);
    return undefined;
  }
  const postmaster = watchProcess(found.pid);
  const url = urlOf(password, found.port);
  if (await becomesReady(postmaster, url, options.clock)) {
    const answer = await ask(url);
    if (answer?.dataDirectory === data && Math.abs(answer.startedAtSeconds - found.startedAtSeconds) <= 2) {
      options.logger.info(
        `adopted the PostgreSQL (process ${found.pid}) that an Andon before this one left behind`,
      );
      return { port: found.port, postmaster };
    }
  }
  options.logger.warn(`the PostgreSQL left behind (process ${found.pid}) does not answer: stopping it`);
  await shutDown(postmaster);
  return undefined;
}

async function createDatabaseOnce(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl(url) });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'andon'");
    if (rowCount === 0) {
      await client.query('create database andon');
    }
  } finally {
    await client.end();
  }
}
