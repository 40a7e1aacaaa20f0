import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());

const limit = (setpoint: number) => ({ setpoint, severity: 'MAJOR' });
const category = (change: Record<string, unknown> = {}) => ({
  name: 'Ovens',
  signals: [
    { name: 'temperature', unit: 'Cel' },
    { name: 'door', type: 'boolean' },
  ],
  rules: [
    { name: 'hot', signal: 'temperature', limits: { hi: limit(200), hihi: limit(250) } },
    { name: 'silent', signal: 'temperature', stale: { afterMilliseconds: 5000, severity: 'MINOR' } },
  ],
  commands: [
    {
      name: 'set-target',
      title: 'Set the target',
      destructive: false,
      idempotency: 'idempotent',
      parameters: [{ name: 'target', type: 'number', required: true, minimum: 0, maximum: 300 }],
    },
  ],
  ...change,
});

describe('device categories', () => {
  test('[I3] a change reaches every gateway that has such devices, and a changed rule gets a new version', async () => {
    const one = await enrolGateway(cloud, 'line-1');
    const two = await enrolGateway(cloud, 'line-2');
    await registerDevice(cloud, one, 'press-1');
    await registerDevice(cloud, two, 'press-2');
    const streams = [await one.listen(), await two.listen()];
    const path = '/v1/device-categories/press';
    const { body: present } = await cloud.administrator.get(path);
    const { id, createdAt, updatedAt, version, ...edit } = present;
    const rules = [
      { ...edit.rules[0], limits: { hi: { ...edit.rules[0].limits.hi, setpoint: 90 } } },
      { name: 'cold', signal: 'temperature', limits: { lo: limit(5) } },
    ];
    const changed = await cloud.administrator.put(path, { ...edit, rules }, { 'if-match': String(version) });
    expect(changed.body).toMatchObject({ id, createdAt, version: version + 1 });
    expect(updatedAt <= changed.body.updatedAt).toBe(true);
    for (const stream of streams) {
      await eventually('the new rules', () =>
        stream.messages.some(
          ({ message }) =>
            message.type === 'device' &&
            message.device.rules?.some((rule) => rule.name === 'overheating' && rule.version === 2) &&
            message.device.rules.some((rule) => rule.name === 'cold' && rule.version === 1),
        ),
      );
      stream.close();
    }
  });

  test('a rule that did not change keeps its version, and one that returns never reuses one', async () => {
    const created = await cloud.administrator.post('/v1/device-categories', { id: 'oven', ...category() });
    expect(created.status).toBe(201);
    const edit = (rules: unknown[], version: number) =>
      cloud.administrator.put('/v1/device-categories/oven', category({ rules }), {
        'if-match': `"${version}"`,
      });
    const versionsIn = (answer: { body: { rules: { name: string; version: number }[] } }) =>
      Object.fromEntries(answer.body.rules.map((rule) => [rule.name, rule.version]));
    expect(versionsIn(created)).toEqual({ hot: 1, silent: 1 });
    const [hot, silent] = category().rules;
    const hotter = { ...hot, limits: { hi: limit(210) } };
    expect(versionsIn(await edit([hotter, silent], 1))).toEqual({ hot: 2, silent: 1 });
    expect(versionsIn(await edit([{ ...hotter, version: 77 }], 2))).toEqual({ hot: 2 });
    expect(versionsIn(await edit([hotter, silent], 3))).toEqual({ hot: 2, silent: 2 });
  });

  test('what makes no sense is refused, and the field is named', async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ name: ' ' }, 'name'],
      [{ signals: [{ name: 'a' }, { name: 'a' }] }, 'signals.1.name'],
      [{ rules: [{ name: 'r', signal: 'pressure', limits: { hi: limit(1) } }] }, 'rules.0.signal'],
      [{ rules: [{ name: 'r', signal: 'door', limits: { hi: limit(1) } }] }, 'rules.0.limits'],
      [{ rules: [{ name: 'r', signal: 'temperature' }] }, 'rules.0.limits'],
      [
        { rules: [{ name: 'r', signal: 'temperature', limits: { hi: limit(9), hihi: limit(8) } }] },
        'rules.0.limits.hihi.setpoint',
      ],
      [
        {
          rules: [
            { name: 'r', signal: 'temperature', limits: { hi: { setpoint: 'hot', severity: 'MAJOR' } } },
          ],
        },
        'rules.0.limits.hi.setpoint',
      ],
      [{ rules: [{ name: 'r', signal: 'temperature', limits: {} }] }, 'rules.0.limits'],
      [
        {
          escalationPolicy: {
            errorCodeAbove: 10,
            remedy: { command: 'reboot', times: 1, expiresInSeconds: 60 },
            verify: { clearForSeconds: 5, withinSeconds: 30 },
            onUnremedied: 'case',
          },
        },
        'escalationPolicy.remedy.command',
      ],
      [
        {
          escalationPolicy: {
            errorCodeAbove: 10,
            remedy: { command: 'set-target', times: 1, expiresInSeconds: 60, parameters: { target: 900 } },
            verify: { clearForSeconds: 5, withinSeconds: 30 },
            onUnremedied: 'case',
          },
        },
        'escalationPolicy.remedy.parameters.target',
      ],
      [{ signals: [{ name: 'a', unit: 'x\u0000' }] }, 'signals.0.unit'],
      [{ rules: 'none' }, 'rules'],
    ];
    for (const [change, field] of cases) {
      const answer = await cloud.administrator.post('/v1/device-categories', {
        id: 'odd',
        ...category(change),
      });
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([422, field]);
    }
  });

  test('an id is taken once, and an edit needs the present version', async () => {
    await cloud.administrator.post('/v1/device-categories', { id: 'taken', ...category() });
    const twice = await cloud.administrator.post('/v1/device-categories', { id: 'taken', ...category() });
    expect([twice.status, twice.body.errors[0].field]).toEqual([409, 'id']);
    const put = (headers: Record<string, string>) =>
      cloud.administrator.put('/v1/device-categories/taken', category(), headers);
    expect((await put({})).status).toBe(428);
    expect((await put({ 'if-match': 'latest' })).status).toBe(422);
    expect((await put({ 'if-match': '9' })).status).toBe(412);
    expect((await put({ 'if-match': '1' })).status).toBe(200);
    expect(
      (await cloud.administrator.put('/v1/device-categories/none', category(), { 'if-match': '1' })).status,
    ).toBe(404);
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.put('/v1/device-categories/taken', category(), { 'if-match': '2' })).status).toBe(
      403,
    );
  });
});

describe('a category with thousands of devices', () => {
  const devices = 6000;
  const halls = 20;

  test('[I3] is saved with a few statements for all of them, and each gateway is told in its own numbers', async () => {
    const { administrator, pool } = cloud;
    const accountId = (await administrator.post('/v1/accounts', { name: 'Many Ltd' })).body.id;
    const made = await administrator.post('/v1/device-categories', { id: 'many', ...category() });
    for (let hall = 0; hall < halls; hall += 1) {
      await enrolGateway(cloud, `many-${hall}`);
    }
    await pool.query(`
      insert into assets (id, account_id, name, created_at, updated_at)
        select ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, '${accountId}', 'Oven ' || n, now(), now()
        from generate_series(1, ${devices}) n;
      insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at, updated_at)
        select 'oven-' || n, 'Oven ' || n, ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
          'many', 'many-' || n % ${halls}, 'registered', false, now(), now()
        from generate_series(1, ${devices}) n;
      create table counted (statement text);
      create function count_statement() returns trigger language plpgsql as
        $$ begin insert into counted values (tg_table_name); return null; end $$;
      create trigger counted after insert on gateway_downlink execute function count_statement();
      create trigger counted after update on devices execute function count_statement()`);
    const saved = await administrator.put('/v1/device-categories/many', category({ name: 'Many ovens' }), {
      'if-match': String(made.body.version),
    });
    expect(saved.status).toBe(200);
    const counted = await pool.query('select count(*)::integer as statements from counted');
    expect(counted.rows[0].statements).toBeLessThanOrEqual(20);
    const told = await pool.query(`
      select gateway.id, gateway.downlink_number as last, count(*)::integer as told,
        count(distinct downlink.number)::integer as numbers, max(downlink.number) as highest,
        bool_and(downlink.message #>> '{device,id}' = devices.id) as matching
      from gateways as gateway
        join devices on devices.gateway_id = gateway.id
        join gateway_downlink as downlink
          on downlink.gateway_id = gateway.id and downlink.number = devices.definition_number
            and downlink.subject = 'device:' || devices.id
      where gateway.id like 'many-%' group by gateway.id`);
    expect(told.rows).toHaveLength(halls);
    for (const row of told.rows) {
      const each = devices / halls;
      expect(row).toMatchObject({ told: each, numbers: each, last: each, highest: each, matching: true });
    }
    await pool.query('drop trigger counted on gateway_downlink; drop trigger counted on devices');
  });
});
