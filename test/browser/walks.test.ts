import { createHash } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition, numberedId } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { type EdgeGateway, enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';

const password = 'a long password for the test';
const viewer = { email: 'vera@example.com', password };
const longName = `Pressekühlwasserdruckregelung-${'x'.repeat(120)}`;
const waitMilliseconds = 20_000;

let cloud: TestApp;
let browser: Browser;
let deviceId: string;
let accountId: string;
const paths: string[] = [];

/** Something on every page, with names that are long and without gaps. */
async function fill(): Promise<void> {
  const { administrator } = cloud;
  const gateway = await enrolGateway(cloud, 'hall-1');
  deviceId = `press-${'7'.repeat(50)}`;
  const ground = await registerDevice(cloud, gateway, deviceId);
  ({ accountId } = ground);
  const { version } = (await administrator.get(`/v1/devices/${deviceId}`)).body;
  const edit = { name: longName, categoryId: ground.categoryId, tags: [`tag-${'y'.repeat(40)}`] };
  await administrator.put(`/v1/devices/${deviceId}`, edit, { 'if-match': String(version) });
  await administrator.post('/v1/contacts', { accountId, fullName: longName, phone: '+34600111222' });
  await administrator.post('/v1/sites', { accountId, name: longName, timeZone: 'Europe/Madrid' });
  await administrator.post('/v1/device-claims', {
    devices: [{ deviceId: 'meter-1', categoryId: ground.categoryId }],
  });
  const at = cloud.clock.now();
  const times = { sourceTime: at, gatewayTime: at };
  const sent = await gateway.send('alerts', [
    alertTransition({ ...times, deviceId, alertId: numberedId(1), reason: `${longName} is hot` }),
    {
      type: 'rejection',
      deviceId,
      source: 'broker',
      reason: 'wrong-password',
      count: 7,
      lastAt: at,
    },
  ]);
  expect([sent.status, sent.text]).toEqual([200, expect.any(String)]);
  await gateway.send('readings', [
    {
      type: 'reading',
      deviceId,
      signal: 'temperature',
      value: 950,
      unit: 'Cel',
      quality: 'BAD',
      qualityReason: 'out-of-range',
      clockState: 'SYNCHRONIZED',
      historical: false,
      ...times,
    },
  ]);
  const table = `deviceId,categoryId,gatewayId\n${'z'.repeat(63)},press\n`;
  await administrator.post('/v1/device-registration-jobs', table, { 'content-type': 'text/csv' });
  await onTrial(gateway);
  const opened = await administrator.post('/v1/cases', { title: longName, assetId: ground.assetId });
  const order = await administrator.post('/v1/work-orders', { title: longName, assetId: ground.assetId });
  const alert = (await administrator.get('/v1/alerts')).body.items[0];
  paths.push(
    ...['', 'devices', 'devices/connect', 'devices/claim', 'devices/bulk', `devices/${deviceId}`, 'map'],
    ...['alerts', `alerts/${alert.id}`, 'cases', `cases/${opened.body.id}`, 'work-orders'],
    ...[`work-orders/${order.body.id}`, 'commands', 'reports', 'messages', 'journeys', 'customers'],
    ...[`customers/${accountId}`, 'categories', 'categories/new', 'categories/press', 'gateways'],
    ...[
      'gateways/hall-1',
      'jobs',
      'incidents',
      'incident-types',
      'maintenance',
      'alert-notices',
      'alert-settings',
      'account',
    ],
  );
}

/** A configuration that runs at the gateway and waits for a person's word. */
async function onTrial(gateway: EdgeGateway): Promise<void> {
  const text = 'gateway: { id: hall-1 }\n';
  const { version } = (await cloud.administrator.get('/v1/gateways/hall-1/configuration')).body;
  const pushed = await cloud.administrator.put(
    '/v1/gateways/hall-1/configuration',
    { text, confirmedBy: 'person' },
    { 'if-match': `"${version}"` },
  );
  expect([pushed.status, pushed.text]).toEqual([200, expect.any(String)]);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const at = cloud.clock.now();
  const report = {
    type: 'configuration',
    at,
    source: 'cloud',
    version: 1,
    sha256,
    state: 'applied',
  } as const;
  const sent = await gateway.send('alerts', [report]);
  expect([sent.status, sent.text]).toEqual([200, expect.any(String)]);
}

const open = async (who: { email: string; password: string }, width: number): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width, height: 844 }, locale: 'en-GB' });
  await signInByBrowser(await context.newPage(), cloud.url, who);
  return context;
};

/** Until the page shows what it asked for. */
const settled = async (page: Page): Promise<void> => {
  await appears(page, 'main h2, main h3', waitMilliseconds);
  await page.waitForSelector('main .mantine-Loader-root', { state: 'detached', timeout: waitMilliseconds });
};

/** What an open dialog lets somebody do, apart from closing it. */
async function offeredInDialogs(page: Page): Promise<string[]> {
  const dialogs = page.locator('[role=dialog]');
  const all = await dialogs.locator('button:enabled:visible:not(.mantine-Modal-close)').allInnerTexts();
  return all.filter((name) => name !== 'Cancel' && name !== 'Close');
}

describeRequiring('the pages of the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    await cloud.administrator.post('/v1/users', { ...viewer, name: 'Vera', role: 'viewer' });
    await fill();
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('are no wider than a phone, whatever the names are', async () => {
    const context = await open(
      { email: cloud.administratorEmail, password: cloud.administratorPassword },
      390,
    );
    const page = context.pages()[0] as Page;
    const wide: string[] = [];
    for (const path of paths) {
      await page.goto(`${cloud.url}/${path}`);
      await settled(page);
      const over = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      if (over !== 0) {
        wide.push(`/${path}: ${String(over)} px too wide`);
      }
    }
    await context.close();
    expect(wide).toEqual([]);
  }, 300_000);

  it('offer a viewer nothing that the cloud refuses', async () => {
    const context = await open(viewer, 1280);
    const page = context.pages()[0] as Page;
    const refused: string[] = [];
    page.on('response', (answer) => {
      if (answer.status() === 403) {
        refused.push(`${new URL(page.url()).pathname}: ${answer.request().method()} ${answer.url()}`);
      }
    });
    // What a viewer keeps is their own account; every other form that can be sent changes something.
    for (const path of paths.filter((one) => one !== 'account')) {
      await page.goto(`${cloud.url}/${path}`);
      await settled(page);
      const buttons = page.locator('main button:enabled:visible');
      for (let index = 0; index < (await buttons.count()); index += 1) {
        const button = buttons.nth(index);
        const name = (await button.innerText()) || (await button.getAttribute('aria-label'));
        if ((await button.getAttribute('type')) === 'submit') {
          refused.push(`/${path}: the form with "${name}"`);
          continue;
        }
        await button.click();
        for (const offered of await offeredInDialogs(page)) {
          refused.push(`/${path}: "${name}" asks, and offers "${offered}"`);
        }
        if (!page.url().endsWith(`/${path}`) || (await page.getByRole('dialog').count()) > 0) {
          await page.goto(`${cloud.url}/${path}`);
          await settled(page);
        }
      }
    }
    await context.close();
    expect(refused).toEqual([]);
  }, 300_000);
});
