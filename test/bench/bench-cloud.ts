import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom, uuidv7Source } from '@andon/shared/kernel';
import pino from 'pino';
import { createApplication } from '../../cloud/app.ts';
import { startEmbeddedPostgres } from '../../cloud/embedded-postgres/index.ts';
import { connectDatabase, inTransaction, issueApiKey, migrate } from '../../cloud/platform/index.ts';

/** The cloud on an embedded PostgreSQL that syncs its writes, with one gateway and its devices `one` and `two`. */
export async function openBenchCloud() {
  const directory = mkdtempSync(join(tmpdir(), 'andon-bench-'));
  chmodSync(directory, 0o755);
  const postgres = await startEmbeddedPostgres({
    dataDirectory: directory,
    clock: systemClock,
    logger: { info: () => undefined, warn: (message) => process.stderr.write(`${message}\n`) },
  });
  const connection = connectDatabase(postgres.url, {
    connectionsMax: 20,
    applicationName: 'andon-bench',
    onError: (error) => process.stderr.write(`${error.message}\n`),
  });
  await migrate(connection.pool, new URL('../../cloud/migrations', import.meta.url).pathname);
  const application = await createApplication({
    connection,
    clock: systemClock,
    newId: uuidv7Source(),
    random: systemRandom,
    logger: pino({ level: 'fatal' }),
    publicUrl: 'http://bench.test',
    administrator: { email: 'bench@andon.test', password: 'correct horse battery' },
  });
  const url = await application.start({ host: '127.0.0.1', port: 0 });
  const { key: administratorKey } = await inTransaction(connection.database, (transaction) =>
    issueApiKey(application.platform, transaction, {
      name: 'bench',
      role: 'administrator',
      createdBy: 'system:bench',
    }),
  );
  const gatewayKey = await makeDevices(url, administratorKey);
  return {
    url,
    databaseUrl: postgres.url,
    pool: connection.pool,
    database: connection.database,
    administratorKey,
    gatewayKey,
    async close(): Promise<void> {
      await application.stop();
      await connection.close();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function makeDevices(url: string, key: string): Promise<string> {
  const call = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return (await response.json()) as Record<string, string>;
  };
  const account = await call('/v1/accounts', { name: 'Bench' });
  await call('/v1/device-categories', { id: 'bench', name: 'Bench', signals: [], rules: [], commands: [] });
  const gateway = await call('/v1/gateways', { id: 'bench', name: 'Bench' });
  for (const device of ['one', 'two']) {
    const asset = await call('/v1/assets', { accountId: account.id, name: device });
    await call(`/v1/assets/${asset.id}/register`, {
      deviceId: device,
      categoryId: 'bench',
      gatewayId: 'bench',
    });
  }
  return gateway.key ?? '';
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}
