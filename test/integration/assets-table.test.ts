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
        mistakes: [],
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
      siteName: null,
      version: 2,
    });
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
