import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition, numberedId } from '../support/alert-records.ts';
import { administratorEmail, administratorPassword, createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { type EdgeGateway, enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';

const places = {
  'lisbon-1': [38.71, -9.13],
  'lisbon-2': [38.72, -9.14],
  'taipei-1': [25.03, 121.56],
} as const;

let cloud: TestApp;
let gateway: EdgeGateway;
let browser: Browser;
let page: Page;

describeRequiring('the registry in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    gateway = await enrolGateway(cloud, 'hall-1');
    for (const [id, [latitude, longitude]] of Object.entries(places)) {
      const { categoryId } = await registerDevice(cloud, gateway, id);
      const { version } = (await cloud.administrator.get(`/v1/devices/${id}`)).body;
      const edit = { name: `Press ${id}`, categoryId, latitude, longitude };
      await cloud.administrator.put(`/v1/devices/${id}`, edit, { 'if-match': String(version) });
    }
    const at = cloud.clock.now();
    await gateway.send('alerts', [
      { type: 'device-status', deviceId: 'lisbon-1', connected: true, at, reported: { interval: 30 } },
      alertTransition({
        deviceId: 'lisbon-2',
        alertId: numberedId(1),
        severity: 'CRITICAL',
        sourceTime: at,
        gatewayTime: at,
      }),
    ]);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, { email: administratorEmail, password: administratorPassword });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('[I7] shows where a device is on a map, and what it is to be set to beside what it reports', async () => {
    await page.goto(`${cloud.url}/devices/lisbon-1`);
    await appears(page, '[data-testid=device-location] .world-map-land[d^=M]', 20_000);
    await appears(page, 'text=38.7100, -9.1300', 20_000);
    await page.getByRole('button', { name: 'Set what is desired' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('{"interval": 10}');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=property-row][data-differs=true]:has-text("interval")', 20_000);
    const desired = (await cloud.administrator.get('/v1/devices/lisbon-1')).body.properties.desired;
    expect(desired.properties).toEqual({ interval: 10 });
  });

  it('[I7] shows all devices on a map that keys can reach, with a list of the same beside it', async () => {
    await page.goto(`${cloud.url}/map`);
    await appears(page, '[data-testid=map-spot][data-severity=CRITICAL]', 20_000);
    await appears(page, '[data-testid=map-line]:has-text("2 devices, 1 open alert")', 20_000);
    await page.getByTestId('map-spot').and(page.locator('[data-severity=CRITICAL]')).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: /^Map/ }).focus();
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press('+');
    }
    await page.getByRole('button', { name: 'Whole world' }).click();
    await page.getByTestId('map-line').filter({ hasText: 'Press taipei-1' }).click();
    await page.waitForURL(/\/devices\/taipei-1$/);
  });

  it('[I1] takes a device out of service and back, and keeps who did it', async () => {
    await page.goto(`${cloud.url}/devices/taipei-1`);
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await appears(page, '[data-testid=inactive]', 20_000);
    await appears(page, '[data-testid=registration-step]:has-text("Deactivate")', 20_000);
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click();
    await page.waitForSelector('[data-testid=inactive]', { state: 'detached', timeout: 20_000 });
  });

  it('[I1] registers a table of devices, and says of each line what became of it', async () => {
    await page.goto(`${cloud.url}/devices`);
    await page.getByRole('button', { name: 'More ways to add devices' }).click();
    await page.getByRole('menuitem', { name: 'Register many' }).click();
    const table = [
      'deviceId,categoryId,gatewayId,account,assetName',
      `bulk-1,press,hall-1,${(await cloud.administrator.get('/v1/devices/lisbon-1')).body.accountId},Saw`,
      'bulk-2,press,hall-1,Nobody,Saw two',
      'bulk-3,press,hall-1',
      'bulk-4,press,hall-1,Nobody,Caf\xe9',
    ].join('\n');
    const file = { name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from(table, 'latin1') };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Read it as Windows-1252' }).click();
    expect(await page.getByLabel('Table').inputValue()).toBe(table);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await appears(page, '[data-testid=job-state][data-state=finished]', 30_000);
    await appears(page, '[data-testid=job-row]:has-text("There is no account")', 20_000);
    await appears(page, '[data-testid=job-row]:has-text("The line has 3 cells")', 20_000);
    const toMend = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the lines that failed' }).click();
    expect((await toMend).suggestedFilename()).toBe('devices-to-mend.csv');
    expect((await cloud.administrator.get('/v1/devices/bulk-1')).status).toBe(200);
  });

  it('[I1] imports the good lines of a table of machines, tells the reason of the others, and exports', async () => {
    await page.goto(`${cloud.url}/customers`);
    await page.getByRole('link', { name: 'Import' }).click();
    const { accountId } = (await cloud.administrator.get('/v1/devices/lisbon-1')).body;
    const table = [
      'account,assetNumber,name,warrantyUntil',
      `${accountId},M-1,Mill one,2031-12-31`,
      `${accountId},M-2,Mill two,tomorrow`,
    ].join('\n');
    const file = { name: 'machines.csv', mimeType: 'text/csv', buffer: Buffer.from(table) };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Check only' }).click();
    await appears(page, 'text=Checked; nothing was changed', 20_000);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await appears(page, 'text=1 new, 0 changed, 0 unchanged, 1 refused', 20_000);
    await appears(page, '[data-testid=import-line]:has-text("M-1"):has-text("new")', 20_000);
    await appears(page, '[data-testid=import-line]:has-text("M-2"):has-text("warrantyUntil")', 20_000);
    const toMend = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the lines that failed' }).click();
    const mend = await readFile(await (await toMend).path(), 'utf8');
    expect(mend).toContain('M-2');
    expect(mend).not.toContain('M-1');
    await page.goto(`${cloud.url}/customers/${accountId}`);
    await appears(page, '[data-testid=asset-row]:has-text("Mill one")', 20_000);
    expect(await page.getByText('Mill two').count()).toBe(0);
    const exported = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export', exact: true }).click();
    expect(await readFile(await (await exported).path(), 'utf8')).toContain('Mill one');
  });

  it('[I1] imports and exports customers on the page of machines', async () => {
    await page.goto(`${cloud.url}/customers/import`);
    await page.getByText('Customers', { exact: true }).last().click();
    const table = 'name,parent,hours\nHarbour group,,\nHarbour east,Harbour group,\nHarbour west,,whenever\n';
    const file = { name: 'customers.csv', mimeType: 'text/csv', buffer: Buffer.from(table) };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await appears(page, 'text=2 new, 0 changed, 0 unchanged, 1 refused', 20_000);
    await appears(page, '[data-testid=import-line]:has-text("Harbour west"):has-text("hours")', 20_000);
    const exported = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download what is there' }).click();
    expect(await readFile(await (await exported).path(), 'utf8')).toContain('Harbour east,Harbour group');
  });

  it('[I1] makes a claim code, and makes the device a machine’s by it', async () => {
    await page.goto(`${cloud.url}/devices/claim`);
    await page.getByLabel('Device ids').fill('meter-1');
    await page.getByRole('combobox', { name: 'Category' }).click();
    await page.getByRole('option', { name: 'Presses' }).click();
    await page.getByRole('button', { name: 'Make codes' }).click();
    const code = (await page.getByTestId('claim-code').textContent()) ?? '';
    const { accountId } = (await cloud.administrator.get('/v1/devices/lisbon-1')).body;
    await cloud.administrator.post('/v1/assets', { accountId, name: 'Water meter of hall 3' });
    await page.getByRole('textbox', { name: 'Code', exact: true }).fill(code);
    await page.getByRole('combobox', { name: 'Machine' }).fill('Water meter');
    await page.getByRole('option', { name: /Water meter of hall 3/ }).click();
    await page.getByRole('button', { name: 'Claim', exact: true }).click();
    await page.waitForURL(/\/devices\/meter-1$/);
  });

  it('adds a gateway, shows its code once, and revokes its key', async () => {
    await page.goto(`${cloud.url}/gateways`);
    await page.getByRole('button', { name: 'Add a gateway' }).click();
    await page.getByLabel('Name of the machine').fill('North');
    await page.getByLabel('Gateway id').fill('north-1');
    await page.getByRole('dialog').getByRole('button', { name: 'Add a gateway' }).click();
    const line = (await page.getByTestId('enrolment-line').textContent()) ?? '';
    const code = /--code (\S+)/.exec(line)?.[1] ?? '';
    expect((await cloud.anonymous.post('/v1/gateway-enrolments', { code })).status).toBe(201);
    await page.goto(`${cloud.url}/gateways/north-1`);
    await appears(page, '[data-testid=key-state][data-state=good]', 20_000);
    await page.getByRole('button', { name: 'Revoke the key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click();
    await appears(page, '[data-testid=key-state][data-state=revoked]', 20_000);
  });
});
