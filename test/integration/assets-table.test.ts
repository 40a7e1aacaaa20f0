import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

describe('assets as a table', () => {
  let cloud: TestApp;
  let authorization: string;
  let accountId: string;
  beforeAll(async () => {
    cloud = await createTestApp();
    const key = await cloud.administrator.post('/v1/api-keys', { name: 'table', role: 'service-manager' });
    authorization = `Bearer ${key.body.key}`;
    accountId = (await cloud.administrator.post('/v1/accounts', { name: 'Mill Ltd' })).body.id;
    const site = await cloud.administrator.post('/v1/sites', {
      accountId,
      name: 'North plant',
      latitude: 4.6,
      longitude: -74.1,
      timeZone: 'America/Bogota',
    });
    expect(site.status).toBe(201);
  });
  afterAll(() => cloud.close());

  const send = async (table: string | Uint8Array<ArrayBuffer>, query = '', contentType = 'text/csv') => {
    const answer = await fetch(`${cloud.url}/v1/assets/import${query}`, {
      method: 'POST',
      headers: { authorization, 'content-type': contentType },
      body: table,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const fetchTable = async (): Promise<string> => {
    const answer = await fetch(`${cloud.url}/v1/assets/export`, { headers: { authorization } });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    return answer.text();
  };
  const named = async (q: string) => (await cloud.administrator.get(`/v1/assets?q=${q}`)).body.items;

  test('a table makes what is new, changes what is there, and what is exported imports as unchanged', async () => {
    const table = [
      '\ufeffaccount;assetNumber;name;product;serialNumber;site;parentAssetNumber;manufacturedOn',
      'Mill Ltd;P-2;Roller;R-9;S-2;;P-1;2020-02-29',
      'Mill Ltd;P-1;"Press; the ""big"" one";HP-200;S-1;North plant;;',
      "Mill Ltd;P-3;'=1+1;;;;;",
    ].join('\r\n');
    expect(await send(table)).toEqual({
      status: 200,
      body: {
        created: 3,
        changed: 0,
        unchanged: 0,
        refused: 0,
        mistakes: [],
        toMend: null,
        lines: [2, 3, 4].map((line) => ({
          line,
          assetNumber: expect.stringMatching(/^P-[123]$/),
          result: 'created',
        })),
      },
    });
    const [press] = await named('big');
    expect(press).toMatchObject({
      name: 'Press; the "big" one',
      siteName: 'North plant',
      serialNumber: 'S-1',
    });
    const [roller] = await named('Roller');
    expect(roller).toMatchObject({ parentId: press.id, manufacturedOn: '2020-02-29' });
    const exported = await fetchTable();
    expect(exported).toContain("'=1+1");
    expect((await named('1%2B1'))[0].name).toBe('=1+1');
    expect(await send(exported)).toMatchObject({ body: { created: 0, changed: 0, unchanged: 3 } });
    const events = await cloud.administrator.get(`/v1/events?key=${press.id}`);
    expect(events.body.items.map((event: { type: string }) => event.type)).toEqual(['asset.created']);
    const change = await send(
      'account,assetNumber,name,product,serialNumber\nMill Ltd,P-1,Press,HP-200,S-1\n',
    );
    expect(change.body).toMatchObject({ created: 0, changed: 1 });
    expect((await named('P-1'))[0]).toMatchObject({
      id: press.id,
      name: 'Press',
      // The file has no such column.
      siteName: 'North plant',
      version: 2,
    });
  });

  test('a column that the file lacks says nothing, and an empty cell clears [I1]', async () => {
    const columns = 'product,serialNumber,categoryId,site,parentAssetNumber,manufacturedOn,warrantyUntil';
    const facts = {
      product: 'HP-300',
      serialNumber: 'K-1',
      categoryId: 'press',
      siteName: 'North plant',
      parentId: expect.any(String),
      manufacturedOn: '2021-03-04',
      warrantyUntil: '2031-03-04',
    };
    await send(
      [
        `account,assetNumber,name,${columns}`,
        'Mill Ltd,K-0,Whole,,,,,,,',
        'Mill Ltd,K-1,Kept,HP-300,K-1,press,North plant,K-0,2021-03-04,2031-03-04',
      ].join('\n'),
    );
    const kept = async () => (await named('K-1'))[0];
    expect(await kept()).toMatchObject(facts);
    const bare = 'account,assetNumber,name\nMill Ltd,K-1,';
    expect((await send(`${bare}Kept\n`)).body).toMatchObject({ changed: 0, unchanged: 1 });
    expect((await send(`${bare}Renamed\n`)).body).toMatchObject({ changed: 1 });
    expect(await kept()).toMatchObject({ ...facts, name: 'Renamed' });
    // The parent gets another number by the same table, and stays the parent.
    const { parentId } = await kept();
    await send(`id,account,assetNumber,name\n${parentId},Mill Ltd,K-9,Whole\n,Mill Ltd,K-1,Part\n`);
    expect(await kept()).toMatchObject({ ...facts, parentId, name: 'Part' });
    await send('account,assetNumber,name,site\nMill Ltd,K-1,Part,\n');
    expect(await kept()).toMatchObject({ ...facts, siteName: null });
    await send(`account,assetNumber,name,${columns}\nMill Ltd,K-1,Part,,,,,,,\n`);
    expect(await kept()).toMatchObject(Object.fromEntries(Object.keys(facts).map((name) => [name, null])));
    await cloud.pool.query(`delete from assets where asset_number = any('{K-1,K-9}')`);
  });

  test('lines with mistakes are left out on wish, with what needs them, and come back as a table [I1]', async () => {
    const table = [
      'account,assetNumber,name,warrantyUntil,parentAssetNumber',
      'Mill Ltd,O-1,Fine,,',
      'Mill Ltd,O-2,Wrong,tomorrow,',
      'Mill Ltd,O-3,Part of wrong,,O-2',
      'Mill Ltd,O-4,Part of that,,O-3',
      'Mill Ltd,O-5,Part of fine,,O-1',
      'Mill Ltd,O-6',
    ].join('\n');
    const all = await send(table);
    expect([all.status, all.body.code]).toEqual([422, 'assets.import-refused']);
    const { body } = await send(table, '?leaveOut=true');
    expect(body).toMatchObject({
      created: 2,
      refused: 4,
      lines: [
        { line: 2, assetNumber: 'O-1', result: 'created' },
        { line: 6, assetNumber: 'O-5', result: 'created' },
      ],
      mistakes: [
        { line: 3, assetNumber: 'O-2', column: 'warrantyUntil' },
        { line: 4, column: 'parentAssetNumber', message: 'It is a part of line 3, which has a mistake.' },
        { line: 5, column: 'parentAssetNumber', message: 'It is a part of line 4, which has a mistake.' },
        { line: 7, column: 'line' },
      ],
    });
    const toMend = String(body.toMend);
    expect(toMend.split('\r\n')[0]).toBe(
      '\ufeffline,field,reason,account,assetNumber,name,warrantyUntil,parentAssetNumber',
    );
    const mended = toMend.replace(/,tomorrow,/, ',2031-01-01,').replace('Mill Ltd,O-6,', 'Mill Ltd,O-6,Six');
    expect((await send(mended)).body).toMatchObject({ created: 4, refused: 0, toMend: null });
    await cloud.pool.query(`update assets set parent_id = null where asset_number like 'O-%'`);
    await cloud.pool.query(`delete from assets where asset_number like 'O-%'`);
  });

  test('a line that is left out does not make of others a circle, nor do two lines of one asset [I1]', async () => {
    const head = 'id,account,assetNumber,name,parentAssetNumber,warrantyUntil';
    await send(`${head}\n,Mill Ltd,C-1,One,C-2,\n,Mill Ltd,C-2,Two,,\n`);
    const [one] = await named('C-1');
    // The first is to be no part any more, but the line is wrong; so the second cannot be a part of it.
    const { body } = await send(
      `${head}\n,Mill Ltd,C-1,One,,never\n,Mill Ltd,C-2,Two,C-1,\n`,
      '?leaveOut=true',
    );
    expect(body).toMatchObject({ changed: 0, refused: 2 });
    expect((await named('C-1'))[0]).toMatchObject({ parentId: one.parentId, version: one.version });
    expect((await send(`${head}\n${one.id},Mill Ltd,C-7,One,,\n,Mill Ltd,C-1,One,,\n`)).body).toMatchObject({
      mistakes: [{ line: 3, column: 'id', message: 'Line 2 is about the same asset.' }],
    });
    await cloud.pool.query(`delete from assets where asset_number = any('{C-1,C-2}')`);
  });

  test('a table can be of one account', async () => {
    const other = (await cloud.administrator.post('/v1/accounts', { name: 'Quarry Ltd' })).body.id;
    await send('account,assetNumber,name\nQuarry Ltd,Q-1,Crusher\n');
    const answer = await fetch(`${cloud.url}/v1/assets/export?accountId=${other}`, {
      headers: { authorization },
    });
    expect((await answer.text()).match(/Quarry Ltd|Mill Ltd/g)).toEqual(['Quarry Ltd']);
    await cloud.pool.query(`delete from assets where asset_number = 'Q-1'`);
  });

  test('of a table with a mistake nothing is imported, and each is told with its line', async () => {
    const table = [
      'account,assetNumber,name,product,serialNumber,site,parentAssetNumber,warrantyUntil',
      'Mill Ltd,N-1,Good,,,,,',
      'Nobody Ltd,N-2,Lost,,,,,',
      'Mill Ltd,N-1,Again,,,,,',
      'Mill Ltd,N-4,,,,,,',
      'Mill Ltd,N-5,Odd,,,South plant,,2026-02-30',
      'Mill Ltd,N-6,Own part,,,,N-6,',
      'Mill Ltd,N-7,Of nothing,,,,N-99,',
      'Mill Ltd,N-8,Taken,R-9,S-2,,,',
    ].join('\n');
    const refused = await send(table);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      code: 'assets.import-refused',
      mistakes: [
        { line: 3, column: 'account' },
        { line: 4, column: 'assetNumber', message: 'Line 2 has the same number.' },
        { line: 5, column: 'name' },
        { line: 6, column: 'site' },
        { line: 6, column: 'warrantyUntil' },
        { line: 7, column: 'parentAssetNumber', message: 'It would be a part of itself.' },
        { line: 8, column: 'parentAssetNumber' },
        { line: 9, column: 'serialNumber' },
      ],
    });
    expect(await named('Good')).toEqual([]);
    const dry = await send(table, '?dryRun=true');
    expect(dry.status).toBe(200);
    expect((dry.body.mistakes as unknown[]).length).toBe(8);
    expect(await send('account,assetNumber,name\nMill Ltd,N-1,Good\n', '?dryRun=true')).toMatchObject({
      body: { created: 1, mistakes: [] },
    });
    expect(await named('Good')).toEqual([]);
  });

  test('what is no table is refused in a sentence', async () => {
    expect((await send('name\nPress\n')).body).toMatchObject({
      code: 'assets.not-a-table',
      title: 'The first line lacks account, assetNumber.',
    });
    expect((await send('account,assetNumber,name,colour\n')).body).toMatchObject({
      title: 'It names colour, which is not known.',
    });
    expect((await send('account,"assetNumber,name\nMill Ltd,P-1')).body).toMatchObject({
      code: 'assets.not-a-table',
    });
    const json = await cloud.administrator.post('/v1/assets/import', { name: 'Press' });
    expect(json.body).toMatchObject({ code: 'assets.not-csv' });
  });

  test('[I1] a file that is not UTF-8 is refused by the line, and read where it says what it is', async () => {
    const file = new Uint8Array(
      Buffer.from('account,assetNumber,name\nMill Ltd,L-1,Plain\nMill Ltd,L-2,Caf\xe9 \x80\n', 'latin1'),
    );
    const refused = await send(file);
    expect([refused.status, refused.body.code]).toEqual([422, 'platform.text-not-utf-8']);
    expect(refused.body.title).toContain('line 3');
    expect(refused.body.nextStep).toContain('charset=windows-1252');
    expect(await named('Plain')).toEqual([]);
    expect((await send(file, '', 'text/csv; charset=ebcdic')).body.code).toBe('platform.charset-unknown');
    expect(await send(file, '', 'text/csv; charset=Windows-1252')).toMatchObject({ body: { created: 2 } });
    expect((await named('L-2'))[0].name).toBe('Café €');
  });

  test('a line that is no line is told like any other mistake', async () => {
    const table = 'account,assetNumber,name\nMill Ltd,B-1\nMill Ltd,B-2,"open\nNobody Ltd,B-3,Lost\n';
    expect((await send(table, '?dryRun=true')).body.mistakes).toMatchObject([
      { line: 2, column: 'line', message: 'The line has 2 cells, and the first line names 3 columns.' },
      { line: 3, column: 'line' },
      { line: 4, column: 'account' },
    ]);
  });

  test('ten thousand assets go in and out', async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `Mill Ltd,M-${index},Machine ${index}`);
    expect(await send(['account,assetNumber,name', ...lines].join('\n'))).toMatchObject({
      body: { created: 10_000 },
    });
    expect((await fetchTable()).trimEnd().split('\r\n')).toHaveLength(10_006);
  });

  test('the site and the parent of an asset are of its own account, and no asset is a part of itself', async () => {
    const other = (await cloud.administrator.post('/v1/accounts', { name: 'Other Ltd' })).body.id;
    const [site] = (await cloud.administrator.get(`/v1/sites?accountId=${accountId}`)).body.items;
    const stray = await cloud.administrator.post('/v1/assets', {
      accountId: other,
      name: 'A',
      siteId: site.id,
    });
    expect(stray.body).toMatchObject({ code: 'assets.no-such-site' });
    const make = async (name: string, parentId: string | null) =>
      (await cloud.administrator.post('/v1/assets', { accountId: other, name, parentId })).body;
    const top = await make('Top', null);
    const middle = await make('Middle', top.id);
    const circle = await cloud.administrator.put(
      `/v1/assets/${top.id}`,
      { accountId: other, name: 'Top', parentId: middle.id },
      { 'if-match': '1' },
    );
    expect(circle.body).toMatchObject({ code: 'assets.circle' });
    const half = await cloud.administrator.post('/v1/sites', { accountId: other, name: 'Half', latitude: 1 });
    expect(half.body).toMatchObject({ code: 'accounts.half-a-place' });
    const zone = await cloud.administrator.post('/v1/sites', {
      accountId: other,
      name: 'Nowhere',
      timeZone: 'Mars/Olympus',
    });
    expect(zone.body).toMatchObject({ code: 'accounts.no-such-time-zone' });
  });
});
