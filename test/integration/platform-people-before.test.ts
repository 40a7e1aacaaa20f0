import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrate } from '../../cloud/platform/index.ts';
import { createTestDatabase } from '../support/database.ts';

const migrations = new URL('../../cloud/migrations/', import.meta.url).pathname;
const ada = '00000000-0000-7000-8000-00000000000a';
const [first, second, third] = [1, 2, 3].map((number) => `00000000-0000-7000-8000-00000000000${number}`);

test('users and keys of before keep what they had: last sign-in, owner, and the key that a key was made with', async () => {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'andon-migrations-'));
  try {
    for (const name of (await readdir(migrations)).filter((one) => one < '0150')) {
      await cp(join(migrations, name), join(folder, name));
    }
    await database.pool.query('drop schema public cascade; create schema public');
    await migrate(database.pool, folder);
    await database.pool.query(`
      insert into users (id, email, name, role, password_hash, created_at, updated_at)
        values ('${ada}', 'ada@andon.test', 'Ada', 'administrator', 'a hash', now(), now());
      insert into api_keys (id, name, key_sha256, role, created_by, created_at) values
        ('${first}', 'hers', '1', 'administrator', 'user:${ada}', now()),
        ('${second}', 'made with it', '2', 'viewer', 'api-key:${first}', now()),
        ('${third}', 'a program', '3', 'viewer', 'system:one-machine', now());
      insert into events (type, key, payload, actor, occurred_at) values
        ('user.signed-in', '${ada}', '{}', 'user:${ada}', '2026-03-01T08:00:00Z'),
        ('user.signed-in', '${ada}', '{}', 'user:${ada}', '2026-03-02T08:00:00Z')`);
    await migrate(database.pool, migrations);
    const { rows: users } = await database.pool.query('select last_signed_in_at, password_hash from users');
    expect(users).toEqual([{ last_signed_in_at: new Date('2026-03-02T08:00:00Z'), password_hash: 'a hash' }]);
    const { rows: keys } = await database.pool.query(
      'select owner_id, made_with, role, scopes from api_keys order by id',
    );
    expect(keys).toEqual([
      { owner_id: ada, made_with: null, role: 'administrator', scopes: null },
      { owner_id: ada, made_with: first, role: 'viewer', scopes: null },
      { owner_id: null, made_with: null, role: 'viewer', scopes: null },
    ]);
  } finally {
    await database.close();
    await rm(folder, { recursive: true });
  }
});
