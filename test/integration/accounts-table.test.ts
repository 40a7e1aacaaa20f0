import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

type Plural = 'accounts' | 'contacts' | 'sites';
const plurals = ['accounts', 'contacts', 'sites'] as const;

/** What a spreadsheet, a shell or a careless reader of CSV would stumble over. */
const hostile = [
  '=1+1',
  '-5',
  "'=1+1",
  '＝1＋1',
  'a "big" one, with; comma\tand tab',
  '"',
  'two\r\nlines',
  ' spaces around ',
  '\ufeffmark',
  '01890000-0000-7000-8000-000000000000',
  'prensa nº 1 壓床 🏭',
];

const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
const time = fc.constantFrom('00:00', '06:30', '17:00', '23:59', '24:00');
const weekly = fc.array(fc.record({ days, from: time, until: time }), { maxLength: 4 });
const place = fc.option(
  fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  { nil: null },
);
const state = fc.constantFrom('opted-in', 'opted-out', null);

describe('accounts, contacts and sites as tables', () => {
  let cloud: TestApp;
  let authorization: string;
  beforeAll(async () => {
    cloud = await createTestApp();
    authorization = await keyOf({ role: 'service-manager' });
  });
  afterAll(() => cloud.close());

  const keyOf = async (worth: Record<string, unknown>) => {
    const key = await cloud.administrator.post('/v1/api-keys', { name: 'table', ...worth });
    return `Bearer ${key.body.key}`;
  };
  const send = async (plural: Plural, table: string, query = '', as = authorization) => {
    const answer = await fetch(`${cloud.url}/v1/${plural}/import${query}`, {
      method: 'POST',
      headers: { authorization: as, 'content-type': 'text/csv' },
      body: table,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const fetchTable = async (plural: Plural, as = authorization) =>
    (await fetch(`${cloud.url}/v1/${plural}/export`, { headers: { authorization: as } })).text();
  const make = async (path: string, body: Record<string, unknown>) => {
    const answer = await cloud.administrator.post(path, body);
    expect([answer.status, answer.body.detail]).toEqual([201, undefined]);
    return answer.body;
  };
  const stored = async () => {
    const tables = ['accounts', 'contacts', 'sites', 'customer_hours', 'consents', 'consent_changes'];
    return Promise.all(
      tables.map(async (table) => (await cloud.pool.query(`select * from ${table} order by id`)).rows),
    );
  };
  const numberOfEvents = async () => (await cloud.pool.query('select count(*) from events')).rows[0];

  test('what is exported changes nothing when it is imported, whatever is in it [I1]', async () => {
    const samples = fc.sample(
      fc.record({
        name: fc.oneof(
          fc.constantFrom(...hostile),
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        ),
        place,
        weekly,
        sms: state,
        email: state,
        number: fc.integer({ min: 0, max: 9_999 }),
      }),
      { numRuns: 16, seed: 11 },
    );
    let parentId: string | null = null;
    for (const [index, sample] of samples.entries()) {
      const name = /\S/.test(sample.name) ? sample.name : `blank ${index}`;
      const account: { id: string } = await make('/v1/accounts', { name, parentId });
      parentId = index % 4 === 0 ? null : account.id;
      const site = await make('/v1/sites', {
        accountId: account.id,
        name,
        address: index % 2 === 0 ? null : name,
        ...(sample.place ?? {}),
        timeZone: index % 3 === 0 ? 'America/Bogota' : null,
      });
      for (const path of [`/v1/accounts/${account.id}`, `/v1/sites/${site.id}`]) {
        const hours = { timeZone: 'Asia/Taipei', weekly: sample.weekly };
        expect((await cloud.administrator.put(`${path}/hours`, hours)).status).toBe(200);
      }
      const phone = `+4420794${String(sample.number).padStart(5, '0')}`;
      const email = `Person.${sample.number}@example.com`;
      await make('/v1/contacts', { accountId: account.id, fullName: name, phone, email, primary: true });
      // Some have nothing that they could be told by apart from others of the same name.
      await make('/v1/contacts', { accountId: account.id, fullName: name, language: 'zh-Hant' });
      for (const [channel, contactPoint, said] of [
        ['sms', phone, sample.sms],
        ['email', email, sample.email],
      ]) {
        const consent = { contactPoint, channel, purpose: 'commercial', state: said };
        expect(said === null || (await cloud.administrator.put('/v1/consents', consent)).status === 200).toBe(
          true,
        );
      }
    }
    const before = await stored();
    const events = await numberOfEvents();
    for (const plural of plurals) {
      const exported = await fetchTable(plural);
      for (const table of [exported, `\ufeff${exported}`, exported.replaceAll('\r\n', '\n')]) {
        const { status, body } = await send(plural, table);
        expect([plural, status, body.mistakes, body.detail]).toEqual([plural, 200, [], undefined]);
        expect(body).toMatchObject({ created: 0, changed: 0, refused: 0 });
      }
      const cells: string[] = parse(exported, { relax_column_count: true }).flat();
      expect(cells.filter((cell) => /^[=+@\uff1d\uff0b\uff0d\uff20]|^-(?![\d.e-]+$)/.test(cell))).toEqual([]);
    }
    expect(await stored()).toEqual(before);
    expect(await numberOfEvents()).toEqual(events);
  });

  test('a table of accounts makes a tree in any order, and changes what it names [I1]', async () => {
    const table = [
      'name,parent,hours,hoursTimeZone',
      'Mill south,Mill group,"Mo-Fr 8:00-17:00; sa 22:00-05:00",America/Bogota',
      'Mill group,,,',
    ].join('\n');
    expect((await send('accounts', table)).body).toMatchObject({
      created: 2,
      lines: [
        { line: 2, name: 'Mill south', result: 'created' },
        { line: 3, name: 'Mill group', result: 'created' },
      ],
    });
    const [south] = (await cloud.administrator.get('/v1/accounts?q=Mill%20south')).body.items;
    const [group] = (await cloud.administrator.get('/v1/accounts?q=Mill%20group')).body.items;
    expect(south.parentId).toBe(group.id);
    expect((await cloud.administrator.get(`/v1/accounts/${south.id}/hours`)).body).toEqual({
      timeZone: 'America/Bogota',
      weekly: [
        { days: [1, 2, 3, 4, 5], from: '08:00', until: '17:00' },
        { days: [6], from: '22:00', until: '05:00' },
      ],
    });
    const again = await send('accounts', `id,name\n${south.id},Mill north\n`);
    expect(again.body).toMatchObject({ created: 0, changed: 1 });
    // The columns that the file lacks keep what is there.
    expect((await cloud.administrator.get(`/v1/accounts/${south.id}`)).body).toMatchObject({
      name: 'Mill north',
      parentId: group.id,
      version: 2,
    });
    expect((await cloud.administrator.get(`/v1/accounts/${south.id}/hours`)).body.weekly).toHaveLength(2);
    const events = await cloud.administrator.get(`/v1/events?key=${south.id}`);
    expect(events.body.items.map(({ type }: { type: string }) => type).sort()).toEqual([
      'account.changed',
      'account.created',
      'customer-hours.changed',
    ]);
    const circle = await send('accounts', 'name,parent\nMill group,Mill north\nNobody,Not there\n');
    expect(circle.body).toMatchObject({
      code: 'accounts.import-refused',
      mistakes: [
        { line: 2, column: 'parent', message: 'It would be above itself.' },
        { line: 3, column: 'parent', message: 'There is no account "Not there".' },
      ],
    });
  });

  test('lines with mistakes are left out together with what needs them, and come back as a table to mend', async () => {
    const table = [
      'name;parent;hours',
      'Left A;;sometimes',
      'Left B;Left A;',
      'Left C;Left B;',
      'Kept D;;',
      'Kept D;;',
    ].join('\r\n');
    const before = await stored();
    const refused = await send('accounts', table);
    expect([refused.status, refused.body.code]).toEqual([422, 'accounts.import-refused']);
    expect(await stored()).toEqual(before);
    const checked = await send('accounts', `${table}\r\nKept E;;`, '?leaveOut=true&dryRun=true');
    expect(checked.body).toMatchObject({ created: 1, refused: 5 });
    expect(await stored()).toEqual(before);
    const { body } = await send('accounts', `${table}\r\nKept E;;`, '?leaveOut=true');
    expect(body).toMatchObject({ created: 1, refused: 5, lines: [{ name: 'Kept E', result: 'created' }] });
    expect(body.toMend).toContain('line,field,reason,name,parent,hours');
    expect((await cloud.administrator.get('/v1/accounts?q=Left')).body.items).toEqual([]);
  });

  test('a table of sites takes coordinates and hours, and tells what is none by the line [I1]', async () => {
    const { id: accountId } = await make('/v1/accounts', { name: 'Quarry Ltd' });
    const table = [
      'account,name,latitude,longitude,timeZone,hours',
      'Quarry Ltd,North pit,-4.6097,-74.0817,America/Bogota,Mo-Su 22:00-05:00',
    ].join('\n');
    expect((await send('sites', table)).body).toMatchObject({ created: 1 });
    const [site] = (await cloud.administrator.get(`/v1/sites?accountId=${accountId}`)).body.items;
    expect(site).toMatchObject({ latitude: -4.6097, longitude: -74.0817, address: null });
    const hours = (await cloud.administrator.get(`/v1/sites/${site.id}/hours`)).body;
    expect(hours).toMatchObject({ timeZone: 'America/Bogota', weekly: [{ from: '22:00', until: '05:00' }] });
    await send('sites', 'account,name,address\nQuarry Ltd,North pit,Road 1\n');
    expect((await cloud.administrator.get(`/v1/sites/${site.id}`)).body).toMatchObject({
      address: 'Road 1',
      latitude: -4.6097,
    });
    const wrong = [
      'account,name,latitude,longitude,timeZone,hours',
      'Quarry Ltd,Too far,91,0,,',
      'Quarry Ltd,Half,12.5,,,',
      'Quarry Ltd,Zone,,,Mars/Base,',
      'Quarry Ltd,Hours,,,,Mo-Fr 08:00-17:00',
      'Nobody Ltd,Owner,,,,',
      'Quarry Ltd,North pit,"4,6","-74,1",,',
    ].join('\n');
    const { body } = await send('sites', wrong);
    const mistakes = body.mistakes as { line: number; column: string }[];
    expect(mistakes.map(({ line, column }) => `${line} ${column}`)).toEqual([
      '2 latitude',
      '3 longitude',
      '4 timeZone',
      '5 hoursTimeZone',
      '6 account',
      '7 latitude',
      '7 longitude',
    ]);
  });

  test('a table of contacts takes consents, and opts nobody in who opted out [I1]', async () => {
    const { id: accountId } = await make('/v1/accounts', { name: 'Bakery Ltd' });
    const head = 'account,fullName,email,phone,language,primary,smsCommercial,emailTransactional';
    const table = [
      head,
      'Bakery Ltd,Ana Díaz,Ana@bakery.test,+34 600 123 456,es,yes,opted-in,',
      'Bakery Ltd,Bo Li,bo@bakery.test,,,,,opted-out',
    ].join('\n');
    expect((await send('contacts', table)).body).toMatchObject({ created: 2, mistakes: [] });
    const listed = async () =>
      (await cloud.administrator.get(`/v1/contacts?accountId=${accountId}`)).body.items;
    expect(await listed()).toMatchObject([
      { fullName: 'Bo Li', language: 'en', primary: false },
      { fullName: 'Ana Díaz', phone: '+34600123456', language: 'es', primary: true },
    ]);
    const consents = await cloud.administrator.get('/v1/consents?contactPoint=%2B34600123456');
    expect(consents.body.items).toMatchObject([
      { purpose: 'commercial', state: 'opted-in', history: [{ source: 'table of contacts' }] },
    ]);
    // Known by the address; another becomes the first to be told.
    const moved = await send(
      'contacts',
      'account,fullName,email,primary\nBakery Ltd,Bo Lee,BO@bakery.test,yes\n',
    );
    expect(moved.body).toMatchObject({ created: 0, changed: 1 });
    expect(await listed()).toMatchObject([
      { fullName: 'Bo Lee', primary: true },
      { fullName: 'Ana Díaz', primary: false, language: 'es' },
    ]);
    await cloud.administrator.put('/v1/consents', {
      contactPoint: '+34600123456',
      channel: 'sms',
      purpose: 'commercial',
      state: 'opted-out',
    });
    const stale = await send('contacts', table);
    expect(stale.body).toMatchObject({ mistakes: [{ line: 2, column: 'smsCommercial' }] });
    const wrong = [
      head,
      'Bakery Ltd,C,nobody,,,,,',
      'Bakery Ltd,D,,12,,,,',
      'Bakery Ltd,E,,,xx,perhaps,opted-in,',
      'Bakery Ltd,F,f@bakery.test,,,,,opted-in',
      'Bakery Ltd,G,f@bakery.test,,,,,opted-out',
    ].join('\n');
    const mistakes = (await send('contacts', wrong)).body.mistakes as { line: number; column: string }[];
    expect(mistakes.map(({ line, column }) => `${line} ${column}`)).toEqual([
      '2 email',
      '3 phone',
      '4 language',
      '4 primary',
      '4 smsCommercial',
      '6 emailTransactional',
    ]);
  });

  test('who may not see consents gets none, and who may not keep them changes none', async () => {
    const scopes = ['accounts:read', 'accounts:write'];
    const narrow = await keyOf({ scopes });
    const table = await fetchTable('contacts', narrow);
    expect(table.split('\r\n')[0]).toBe('id,account,fullName,email,phone,language,primary');
    await make('/v1/accounts', { name: 'Narrow Ltd' });
    const line = 'account,fullName,email,emailCommercial\nNarrow Ltd,Kim,kim@narrow.test,opted-in\n';
    expect((await send('contacts', line, '', narrow)).body).toMatchObject({
      mistakes: [{ line: 2, column: 'emailCommercial', message: 'You may not change consents.' }],
    });
  });

  test('what is no such table, or too large, is refused as a whole', async () => {
    const codeOf = async (plural: Plural, table: string) => (await send(plural, table)).body.code;
    expect(await codeOf('accounts', 'title\nA\n')).toBe('accounts.not-a-table');
    expect(await codeOf('sites', `account,name\n${'A,B\n'.repeat(10_001)}`)).toBe('accounts.not-a-table');
    expect((await send('contacts', 'x'.repeat(9 * 1024 * 1024))).status).toBe(413);
    const json = await cloud.administrator.post('/v1/accounts/import', { name: 'A' });
    expect(json.body.code).toBe('accounts.not-csv');
  });
});
