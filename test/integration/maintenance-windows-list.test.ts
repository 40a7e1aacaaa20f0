import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';
import { createTestGateway } from '../support/plant.ts';

const hour = 3_600_000;
const week = 7 * 24 * hour;

describe('the list of maintenance windows', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock: standingClock() });
    await createTestGateway(cloud, 'line');
  });
  afterAll(() => cloud?.close());

  const at = (milliseconds: number) => new Date(cloud.clock.now() + milliseconds).toISOString();
  const make = async (reason: string, startsAt: number, more: object = {}) => {
    const window = { scopeKind: 'gateway', scopeId: 'line', reason, startsAt: at(startsAt), ...more };
    const made = await cloud.administrator.post('/v1/maintenance-windows', {
      endsAt: at(startsAt + 2 * hour),
      ...window,
    });
    return made.body.id as string;
  };
  const reasonsOf = async (query: string): Promise<string[]> => {
    const { body } = await cloud.administrator.get(`/v1/maintenance-windows${query}`);
    return body.items.map((item: { reason: string }) => item.reason);
  };

  test('shows an old weekly window beneath hundreds that began later and are over [I11]', async () => {
    await make('each week', -hour);
    await make('next month', 4 * week);
    const ending = await make('its last time', -hour, { repeats: 'weekly', repeatsUntil: at(hour) });
    // As time has made them.
    await sql`
      update maintenance_windows set repeats = 'weekly', starts_at = starts_at - interval '70 days',
        ends_at = ends_at - interval '70 days' where reason in ('each week', 'its last time')`.execute(
      cloud.database,
    );
    await sql`update maintenance_windows set repeats_until = ${at(-hour / 2)} where id = ${ending}`.execute(
      cloud.database,
    );
    await sql`
      insert into maintenance_windows (id, scope_kind, scope_id, scope_name, reason, starts_at, ends_at, repeats,
        time_zone, created_by, created_at, updated_at)
      select gen_random_uuid(), 'gateway', 'line', 'line', 'over', ${at(-30 * hour)}, ${at(-29 * hour)}, 'never',
        'UTC', 'system:test', now(), now()
      from generate_series(1, 600)`.execute(cloud.database);
    expect((await reasonsOf('?state=in-force')).sort()).toEqual(['each week', 'its last time']);
    expect(await reasonsOf('?state=planned')).toEqual(['next month']);
    expect(new Set(await reasonsOf('?state=over'))).toEqual(new Set(['over']));
    expect((await reasonsOf('')).slice(0, 3)).toEqual(expect.arrayContaining(['next month', 'each week']));
  });
});
