import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom, uuidv7Source } from '@andon/shared/kernel';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Application, createApplication } from '../../cloud/app.ts';
import { freePort } from '../../cloud/embedded-postgres/index.ts';
import { connectDatabase, inTransaction, migrate } from '../../cloud/platform/index.ts';
import { keepHouse, keptDefault, rollUp } from '../../cloud/telemetry/housekeeping.ts';
import { createPostgresStore } from '../../cloud/telemetry/postgres-store.ts';
import { readingOf } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const binaries = '/usr/lib/postgresql/15/bin';
const migrations = new URL('../../cloud/migrations', import.meta.url).pathname;

/** A PostgreSQL 15 of Debian's, for this file alone. */
async function startPostgres15(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'andon-postgres-15-'));
  const isRoot = userInfo().uid === 0;
  const idOf = (flag: string) =>
    Number(execFileSync('id', [flag, isRoot ? 'postgres' : userInfo().username], { encoding: 'utf8' }));
  const account = { uid: idOf('-u'), gid: idOf('-g') };
  chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'andon', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    { ...account, cwd: '/', stdio: 'ignore' },
  );
  const port = await freePort(0);
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, '-p', String(port), '-k', '', '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...account, cwd: '/', stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = `postgres://andon@127.0.0.1:${port}/postgres`;
  await eventually('PostgreSQL 15 to answer', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
    return true;
  });
  return {
    url,
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describeRequiring(
  'the cloud on a PostgreSQL 15 of somebody else',
  { 'PostgreSQL 15 (apt install postgresql)': existsSync(join(binaries, 'initdb')) },
  () => {
    let server: Awaited<ReturnType<typeof startPostgres15>>;
    let application: Application;
    let url: string;
    beforeAll(async () => {
      server = await startPostgres15();
      const connection = connectDatabase(server.url, {
        connectionsMax: 10,
        applicationName: 'andon-test',
        onError: () => undefined,
      });
      const applied = await migrate(connection.pool, migrations);
      expect(applied.length).toBeGreaterThan(5);
      expect(await migrate(connection.pool, migrations)).toEqual([]);
      application = await createApplication({
        connection,
        clock: systemClock,
        newId: uuidv7Source(),
        random: systemRandom,
        logger: pino({ level: 'error' }),
        publicUrl: 'http://andon.test',
        administrator: { email: 'admin@andon.test', password: 'correct horse battery' },
      });
      url = await application.start({ host: '127.0.0.1', port: 0 });
    });
    afterAll(async () => {
      await application?.stop();
      await application?.platform.database.destroy();
      await server?.stop();
    });

    test('it is brought forward, somebody signs in and works, and subscribers follow', async () => {
      const post = (path: string, body: object, cookie = '') =>
        fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', cookie, 'idempotency-key': `key of ${path}` },
          body: JSON.stringify(body),
        });
      const session = await post('/v1/session', {
        email: 'admin@andon.test',
        password: 'correct horse battery',
      });
      expect(session.status).toBe(201);
      const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const account = await post('/v1/accounts', { name: 'Presses & Sons' }, cookie);
      expect(account.status).toBe(201);
      const { pool } = application.platform;
      await eventually('the event to be in order', async () => {
        const { rowCount } = await pool.query("select 1 from event_order where type = 'account.created'");
        return rowCount === 1;
      });
    });

    test('readings are kept, rolled up, shown, and dropped when they are old', async () => {
      const { database, pool } = application.platform;
      const store = createPostgresStore();
      const begin = systemClock.now() - 86_400_000;
      const readings = Array.from({ length: 1000 }, (_, index) => ({
        signalId: 1,
        reading: readingOf({ deviceId: 'press-1', value: index, sourceTime: begin + index * 60_000 }),
      }));
      await inTransaction(database, (transaction) =>
        store.keep(transaction, readings, new Date(systemClock.now()), {
          lane: 'readings',
          gatewayOf: () => 'line-1',
        }),
      );
      const signal = { id: 1, deviceId: 'press-1', name: 'temperature' };
      const chart = async () => {
        const range = { from: begin, to: begin + 60_000_000, buckets: 7 };
        const { buckets } = await store.readBuckets(database, { signal, ...range });
        return buckets.map(({ count, max, last }) => ({ count, max, last }));
      };
      const before = await chart();
      expect(before.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
      expect(before.at(-1)).toMatchObject({ max: 999, last: 999 });
      await rollUp({ database, clock: systemClock });
      expect(await chart()).toEqual(before);
      await keepHouse({ database, clock: systemClock }, keptDefault);
      const later = { ...systemClock, now: () => systemClock.now() + 5000 * 86_400_000 };
      await keepHouse({ database, clock: later }, keptDefault);
      expect(await chart()).toEqual([]);
      const { rows } = await pool.query('select count(*)::int as count from readings');
      expect(rows).toEqual([{ count: 0 }]);
    });
  },
);
