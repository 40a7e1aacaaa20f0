import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrate } from '../../cloud/platform/index.ts';
import { createTestDatabase } from '../support/database.ts';

const migrations = new URL('../../cloud/migrations/', import.meta.url).pathname;

test('subscribers that are new begin at the end of an old log, and know which gateways are away', async () => {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'andon-migrations-'));
  try {
    for (const name of (await readdir(migrations)).filter((one) => one < '0161')) {
      await cp(join(migrations, name), join(folder, name));
    }
    await database.pool.query('drop schema public cascade; create schema public');
    await migrate(database.pool, folder);
    await database.pool.query(`
      insert into event_order (event_id, type) values (1, 'alert.raised'), (2, 'case.created');
      insert into event_cursors (subscriber, types, position) values ('alerts.progress', '{}', 1);
      insert into gateways (id, name, key_issued_at, connected, last_seen_at, created_at, updated_at) values
        ('away', 'away', now(), false, '2026-03-01T08:00:00Z', now(), now()),
        ('here', 'here', now(), true, now(), now(), now())`);
    await migrate(database.pool, migrations);
    const cursors = await database.pool.query(
      'select subscriber, position::int from event_cursors order by subscriber',
    );
    expect(cursors.rows).toEqual([
      { subscriber: 'alert-notices', position: 2 },
      { subscriber: 'alerts.gateway-absences', position: 2 },
      { subscriber: 'alerts.progress', position: 1 },
    ]);
    const absences = await database.pool.query('select gateway_id, since from gateway_absences');
    expect(absences.rows).toEqual([{ gateway_id: 'away', since: new Date('2026-03-01T08:00:00Z') }]);
  } finally {
    await database.close();
    await rm(folder, { recursive: true });
  }
});
