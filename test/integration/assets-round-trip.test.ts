import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

/** What a spreadsheet, a shell or a careless reader of CSV would stumble over. */
const hostile = [
  '=1+1',
  '+49 30',
  '-5',
  '@SUM(A1)',
  "'=1+1",
  "''=1+1",
  "'quoted'",
  '＝1＋1',
  'a "big" one, with; comma\tand tab',
  '"',
  '""',
  'two\r\nlines',
  'two\nlines',
  ' spaces around ',
  '\ufeffmark',
  '=cmd|"/c calc"!A1',
  'prensa nº 1 壓床 🏭',
  '<script>alert(1)</script>',
  '\\u0000 %00 $(reboot)',
];

describe('a table of assets', () => {
  let cloud: TestApp;
  let authorization: string;
  beforeAll(async () => {
    cloud = await createTestApp();
    const key = await cloud.administrator.post('/v1/api-keys', { name: 'table', role: 'service-manager' });
    authorization = `Bearer ${key.body.key}`;
  });
  afterAll(() => cloud.close());

  const send = async (table: string, query = '') => {
    const answer = await fetch(`${cloud.url}/v1/assets/import${query}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/csv' },
      body: table,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const fetchTable = async () =>
    (await fetch(`${cloud.url}/v1/assets/export`, { headers: { authorization } })).text();
  const make = async (path: string, body: Record<string, unknown>) => {
    const answer = await cloud.administrator.post(path, body);
    expect([answer.status, answer.body.title]).toEqual([201, undefined]);
    return answer.body;
  };
  const stored = async () => {
    const { rows } = await cloud.pool.query('select * from assets order by id');
    return rows;
  };

  test('that was exported changes nothing when it is imported, whatever the names are [I1]', async () => {
    const account = await make('/v1/accounts', { name: ' =Mill, "Ltd" ' });
    const twins = [
      await make('/v1/accounts', { name: 'Twin Ltd' }),
      await make('/v1/accounts', { name: 'Twin Ltd' }),
    ];
    const names = [
      ...hostile,
      ...fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), { numRuns: 40, seed: 7 }),
    ].filter((name) => /\S/.test(name));
    for (const [index, name] of names.entries()) {
      const site = await make('/v1/sites', { accountId: account.id, name: `${name.trim()} ${index}` });
      await make('/v1/assets', {
        accountId: account.id,
        name,
        product: name,
        serialNumber: `S-${index}`,
        siteId: site.id,
        // Some have no number of their own.
        ...(index % 3 === 0 ? {} : { assetNumber: `${name.slice(0, 80)}-${index}` }),
      });
    }
    for (const { id: accountId } of twins) {
      const nameless = await make('/v1/assets', { accountId, name: 'Line without a number' });
      await make('/v1/assets', {
        accountId,
        name: 'Part',
        assetNumber: 'P-1',
        parentId: nameless.id,
        manufacturedOn: '2020-02-29',
        warrantyUntil: '2031-12-31',
        categoryId: 'press',
      });
    }
    const before = await stored();
    const exported = await fetchTable();
    for (const table of [exported, `\ufeff${exported}`, exported.replaceAll('\r\n', '\n')]) {
      const { status, body } = await send(table);
      expect([status, body.mistakes]).toEqual([200, []]);
      expect(body).toMatchObject({ created: 0, changed: 0, unchanged: names.length + 4 });
    }
    expect(await stored()).toEqual(before);
    // A spreadsheet takes no cell of it for a formula.
    const cells = parse(exported, { relax_column_count: true }).flat();
    expect(cells.filter((cell) => /^[=+@\uff1d\uff0b\uff0d\uff20-]/.test(cell))).toEqual([]);
  });

  test('that names an asset by its id gives it another number, and takes none from another', async () => {
    const { id: accountId } = await make('/v1/accounts', { name: 'Renumber Ltd' });
    const one = await make('/v1/assets', { accountId, name: 'One', assetNumber: 'N-1' });
    await make('/v1/assets', { accountId, name: 'Two', assetNumber: 'N-2' });
    const head = 'id,account,assetNumber,name';
    expect((await send(`${head}\n${one.id},Renumber Ltd,N-2,One\n`)).body).toMatchObject({
      code: 'assets.import-refused',
      mistakes: [{ line: 2, column: 'assetNumber', message: 'Another asset of the account has it already.' }],
    });
    expect(
      (await send(`${head}\n${one.id},Renumber Ltd,N-9,One\n,Renumber Ltd,N-3,New\n`)).body,
    ).toMatchObject({
      lines: [
        { line: 2, assetNumber: 'N-9', result: 'changed' },
        { line: 3, assetNumber: 'N-3', result: 'created' },
      ],
    });
    expect((await cloud.administrator.get(`/v1/assets/${one.id}`)).body.assetNumber).toBe('N-9');
    // An id of elsewhere does not hinder.
    const strange = '01890000-0000-7000-8000-000000000000';
    expect((await send(`${head}\n${strange},Renumber Ltd,N-3,New\n`)).body).toMatchObject({ unchanged: 1 });
    expect((await send(`${head}\n${strange},Renumber Ltd,,New\n`)).body).toMatchObject({
      mistakes: [{ line: 2, column: 'assetNumber' }],
    });
  });

  test('with cells that are too long, formulas, quotes and letters that nobody stores is told by the line', async () => {
    await make('/v1/accounts', { name: 'Hostile Ltd' });
    const before = await stored();
    const head = 'account,assetNumber,name,product,categoryId,site,manufacturedOn';
    const table = [
      head,
      'Hostile Ltd,H-1,Good,,,,',
      `Hostile Ltd,${'9'.repeat(101)},Long number,,,,`,
      `Hostile Ltd,H-3,${'x'.repeat(201)},,,,`,
      `Hostile Ltd,H-4,${'x'.repeat(100_000)},,,,`,
      'Hostile Ltd,H-5,Category,,Not A Slug!,,',
      `=Hostile Ltd,H-6,Account,,,,`,
      'Hostile Ltd,H-7,Place,,,"=HYPERLINK(""http://evil.test"")",',
      'Hostile Ltd,H-8,Day,,,,=TODAY()',
      'Hostile Ltd,H-9,"   ",,,,',
      'Hostile Ltd,H-10,"open',
    ].join('\r\n');
    const { status, body } = await send(table);
    expect(status).toBe(422);
    const mistakes = body.mistakes as { line: number; message: string }[];
    expect(mistakes.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(mistakes.every(({ message }) => message.length < 300)).toBe(true);
    expect((await send(`${head}\nHostile Ltd,H-1,nul\u0000,,,,\n`)).status).toBe(422);
    expect((await send(`${head}\n${'Hostile Ltd,H-1,x,,,,\n'.repeat(10_001)}`)).body.code).toBe(
      'assets.not-a-table',
    );
    expect((await send('x'.repeat(9 * 1024 * 1024))).status).toBe(413);
    expect(await stored()).toEqual(before);
  });
});
