import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let administrator: TestClient;

beforeAll(async () => {
  cloud = await createTestApp();
  administrator = cloud.administrator;
});
afterAll(() => cloud.close());

const newAccount = async (name: string, parentId?: string): Promise<string> =>
  (await administrator.post('/v1/accounts', { name, ...(parentId && { parentId }) })).body.id;
const contact = (accountId: string, change: Record<string, unknown> = {}) => ({
  accountId,
  fullName: 'Inés Ferrer',
  email: 'ines@prensas.example',
  phone: '+34 612 345 678',
  language: 'es',
  primary: true,
  ...change,
});

describe('accounts', () => {
  test('keep the hours that somebody puts, also where others put theirs at once', async () => {
    const accountId = await newAccount('Prensas de Noche');
    const week = (from: string) => ({ timeZone: 'UTC', weekly: [{ days: [1], from, until: '12:00' }] });
    // Held until all of them wait, so that they are at it together.
    const client = await cloud.pool.connect();
    await client.query('begin; lock table customer_hours in share mode');
    const wanted = ['06:00', '07:00', '08:00'].map(week);
    const puts = wanted.map((hours) => administrator.put(`/v1/accounts/${accountId}/hours`, hours));
    await eventually('all to wait', async () => {
      const { rows } = await client.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length >= wanted.length;
    });
    await client.query('commit');
    client.release();
    expect((await Promise.all(puts)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(wanted).toContainEqual((await administrator.get(`/v1/accounts/${accountId}/hours`)).body);
  });

  test('are created, read, found, edited with their version, and have a parent', async () => {
    const parentId = await newAccount('Grupo Ibérico');
    const created = await administrator.post('/v1/accounts', { name: 'Prensas Ibéricas', parentId });
    expect([created.status, created.body.version, created.body.parentId]).toEqual([201, 1, parentId]);
    const path = `/v1/accounts/${created.body.id}`;
    expect((await administrator.get(path)).body).toEqual(created.body);
    const edited = await administrator.put(path, { name: 'Prensas del Sur', parentId }, { 'if-match': '1' });
    expect(edited.body).toMatchObject({ name: 'Prensas del Sur', version: 2 });
    const stale = await administrator.put(path, { name: 'Nobody' }, { 'if-match': '1' });
    expect([stale.status, stale.body.version]).toEqual([412, 2]);
    const found = await administrator.get(`/v1/accounts?q=${encodeURIComponent('DEL s')}`);
    expect(found.body.items.map((item: { id: string }) => item.id)).toEqual([created.body.id]);
    const children = await administrator.get(`/v1/accounts?parentId=${parentId}`);
    expect(children.body.items).toHaveLength(1);
    expect((await administrator.get('/v1/accounts?q=%25')).body.items).toEqual([]);
  });

  test('are never above themselves, also when two edits at once would close a circle', async () => {
    const [top, middle, bottom] = [
      await newAccount('Top'),
      await newAccount('Middle'),
      await newAccount('Bottom'),
    ];
    const putUnder = (id: string, parentId: string, version = '1') =>
      administrator.put(`/v1/accounts/${id}`, { name: 'Moved', parentId }, { 'if-match': version });
    expect((await putUnder(middle, top)).status).toBe(200);
    expect((await putUnder(bottom, middle)).status).toBe(200);
    const circle = await putUnder(top, bottom);
    expect([circle.status, circle.body.errors[0].field]).toEqual([422, 'parentId']);
    expect((await putUnder(top, top)).status).toBe(422);
    const [left, right] = [await newAccount('Left'), await newAccount('Right')];
    const answers = await Promise.all([putUnder(left, right), putUnder(right, left)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 422]);
  });

  test('come in pages that hold each once', async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      made.unshift(await newAccount(`Paged ${index}`));
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await administrator.get(`/v1/accounts?q=paged&limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.body.items.map((item: { id: string }) => item.id));
      cursor = page.body.nextCursor;
    }
    expect(seen).toEqual(made);
  });
});

describe('contacts', () => {
  test('keep their number in E.164 and their language', async () => {
    const accountId = await newAccount('Con contacto');
    const created = await administrator.post('/v1/contacts', contact(accountId));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      accountName: 'Con contacto',
      phone: '+34612345678',
      language: 'es',
      primary: true,
    });
    expect((await administrator.get(`/v1/contacts/${created.body.id}`)).body).toEqual(created.body);
    const found = await administrator.get(`/v1/contacts?accountId=${accountId}&q=INES@`);
    expect(found.body.items).toEqual([created.body]);
  });

  test('one of an account is primary: naming another takes it from the first, also at once', async () => {
    const accountId = await newAccount('Uno solo');
    const answers = await Promise.all(
      ['Ana', 'Bea', 'Cleo', 'Dora'].map((fullName) =>
        administrator.post('/v1/contacts', contact(accountId, { fullName })),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201]);
    const primary = async () =>
      (await administrator.get(`/v1/contacts?accountId=${accountId}`)).body.items.filter(
        (item: { primary: boolean }) => item.primary,
      );
    const [first, ...others] = await primary();
    expect(others).toEqual([]);
    const other = answers.find((answer) => answer.body.id !== first.id)?.body;
    const { version } = (await administrator.get(`/v1/contacts/${other.id}`)).body;
    await administrator.put(`/v1/contacts/${other.id}`, contact(accountId, { fullName: other.fullName }), {
      'if-match': String(version),
    });
    expect((await primary()).map((item: { id: string }) => item.id)).toEqual([other.id]);
  });

  test('what makes no sense is refused, and the field is named', async () => {
    const accountId = await newAccount('Estricta');
    const cases: [Record<string, unknown>, string][] = [
      [{ phone: '612345678' }, 'phone'],
      [{ phone: '+34 6' }, 'phone'],
      [{ phone: 34612345678 }, 'phone'],
      [{ email: 'nobody' }, 'email'],
      [{ email: 'a b@c.example' }, 'email'],
      [{ language: 'xx' }, 'language'],
      [{ primary: 'yes' }, 'primary'],
      [{ fullName: '' }, 'fullName'],
      [{ fullName: '   ' }, 'fullName'],
      [{ fullName: 'a\u0000b' }, 'fullName'],
      [{ fullName: 'half \ud800 pair' }, 'fullName'],
      [{ fullName: 'x'.repeat(201) }, 'fullName'],
      [{ accountId: '01890000-0000-7000-8000-000000000000' }, 'accountId'],
      [{ accountId: 'none' }, 'accountId'],
      [{ surprise: 1 }, 'surprise'],
    ];
    for (const [change, field] of cases) {
      const answer = await administrator.post('/v1/contacts', contact(accountId, change));
      expect([change, answer.status, answer.body.errors?.[0]?.field]).toEqual([change, 422, field]);
    }
    for (const path of [
      '/v1/contacts/none',
      '/v1/accounts/%00',
      '/v1/accounts/01890000-0000-7000-8000-000000000000',
    ]) {
      expect([path, (await administrator.get(path)).status]).toEqual([path, 404]);
    }
    for (const cursor of [
      'x',
      '%00',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('["x"]').toString('base64url'),
    ]) {
      expect((await administrator.get(`/v1/contacts?cursor=${cursor}`)).status).toBe(422);
    }
    for (const body of ['', '{', '[]', '"text"', 'null']) {
      const answer = await administrator.post('/v1/accounts', body);
      expect([body, answer.status >= 400 && answer.status < 500]).toEqual([body, true]);
    }
  });

  test('readers may not write', async () => {
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post('/v1/accounts', { name: 'No' })).status).toBe(403);
    expect((await viewer.get('/v1/accounts')).status).toBe(200);
    expect((await cloud.anonymous.get('/v1/accounts')).status).toBe(401);
  });
});

describe('assets', () => {
  const asset = (accountId: string, change: Record<string, unknown> = {}) => ({
    accountId,
    name: 'Press one',
    assetNumber: 'P-1',
    product: 'HP-200',
    serialNumber: 'SN-1',
    ...change,
  });

  test('belong to an account; their numbers are unique where they must be, and the field is named', async () => {
    const accountId = await newAccount('Con activos');
    const otherId = await newAccount('Otra');
    const created = await administrator.post('/v1/assets', asset(accountId));
    expect([created.status, created.body.accountName]).toEqual([201, 'Con activos']);
    const sameNumber = await administrator.post('/v1/assets', asset(accountId, { serialNumber: 'SN-2' }));
    expect([sameNumber.status, sameNumber.body.errors[0].field]).toEqual([409, 'assetNumber']);
    const sameSerial = await administrator.post('/v1/assets', asset(otherId));
    expect([sameSerial.status, sameSerial.body.errors[0].field]).toEqual([409, 'serialNumber']);
    const other = await administrator.post('/v1/assets', asset(otherId, { product: 'HP-300' }));
    expect(other.status).toBe(201);
    const noAccount = await administrator.post(
      '/v1/assets',
      asset('01890000-0000-7000-8000-000000000000', { serialNumber: 'SN-3' }),
    );
    expect([noAccount.status, noAccount.body.errors[0].field]).toEqual([422, 'accountId']);
    const path = `/v1/assets/${other.body.id}`;
    const moved = await administrator.put(path, asset(accountId, { product: 'HP-300' }), { 'if-match': '1' });
    expect([moved.status, moved.body.errors[0].field]).toEqual([409, 'assetNumber']);
    const renamed = await administrator.put(
      path,
      { accountId: otherId, name: 'Press two' },
      { 'if-match': '1' },
    );
    expect(renamed.body).toMatchObject({ name: 'Press two', assetNumber: null, version: 2 });
    expect(
      (await administrator.put(path, { accountId: otherId, name: 'x' }, { 'if-match': '1' })).status,
    ).toBe(412);
    const found = await administrator.get(`/v1/assets?accountId=${accountId}&serialNumber=SN-1`);
    expect(found.body.items).toEqual([created.body]);
  });
});
