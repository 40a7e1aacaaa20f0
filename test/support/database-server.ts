/**
 * The process that keeps the database server of one test run: embedded, or the one of ANDON_TEST_DATABASE_URL. It
 * makes a migrated template, prints one line of JSON (DatabaseServer), and cleans up when its standard input closes.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSecret, systemClock } from '@andon/shared/kernel';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../cloud/embedded-postgres/index.ts';
import { connectDatabase, migrate } from '../../cloud/platform/index.ts';

export interface DatabaseServer {
  /** A connection that may create databases. */
  readonly url: string;
  /** The migrated database that tests clone. */
  readonly template: string;
}

// Ctrl-C goes to the whole group of processes; we end when the run does, by standard input.
process.on('SIGINT', () => undefined);

const migrations = new URL('../../cloud/migrations', import.meta.url).pathname;

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const external = process.env.ANDON_TEST_DATABASE_URL;
  if (external) {
    return { url: external, stop: async () => undefined };
  }
  const directory = mkdtempSync(join(tmpdir(), 'andon-test-database-'));
  // The server's user must be able to enter.
  chmodSync(directory, 0o755);
  const postgres = await startEmbeddedPostgres({
    dataDirectory: directory,
    clock: systemClock,
    logger: { info: () => undefined, warn: (message) => process.stderr.write(`${message}\n`) },
    // Nobody needs these data after a power cut.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  return {
    url: postgres.url,
    async stop() {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function runAdministration(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

const server = await startServer();
const template = `andon_template_${randomSecret()
  .toLowerCase()
  .replaceAll(/[^a-z0-9]/g, '')}`;
await runAdministration(server.url, `create database ${template}`);
const templateUrl = new URL(server.url);
templateUrl.pathname = `/${template}`;
const connection = connectDatabase(templateUrl.toString(), {
  connectionsMax: 1,
  applicationName: 'andon-test-template',
  onError: (error) => process.stderr.write(`${error.message}\n`),
});
await migrate(connection.pool, migrations);
await connection.close();

const description: DatabaseServer = { url: server.url, template };
process.stdout.write(`${JSON.stringify(description)}\n`);
process.stdin.resume();
process.stdin.once('end', async () => {
  await runAdministration(server.url, `drop database if exists ${template}`);
  await server.stop();
});
