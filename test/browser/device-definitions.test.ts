import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { type EdgeGateway, enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let gateway: EdgeGateway;
let browser: Browser;
let page: Page;

describeRequiring('what a gateway runs of its devices, in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    gateway = await enrolGateway(cloud, 'line-1');
    await registerDevice(cloud, gateway, 'press-1');
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  const picture = async (name: string) => {
    if (process.env.ANDON_PICTURES !== undefined) {
      await page.screenshot({ path: join(process.env.ANDON_PICTURES, `${name}.png`), fullPage: true });
    }
  };

  it('a refused definition is shown with why and what differs, on the pages of device and gateway [I1]', async () => {
    const stream = await gateway.listen();
    const versions = () =>
      stream.messages.flatMap(({ message }) => (message.type === 'device' ? [message.version ?? ''] : []));
    const say = (version: string, outcome: 'running' | 'refused', reason?: string) =>
      gateway.send('alerts', [
        {
          type: 'device-definition',
          deviceId: 'press-1',
          version,
          outcome,
          at: cloud.clock.now(),
          ...(reason !== undefined && { reason }),
        },
      ]);
    await say(await eventually('the first', () => versions()[0]), 'running');
    await page.goto(`${cloud.url}/devices/press-1`);
    await appears(page, '[data-testid=definition-state][data-state=running]', 20_000);
    await page.goto(`${cloud.url}/gateways/line-1`);
    await appears(page, 'text=Every device runs what its category wants.', 20_000);

    const { version, createdAt, updatedAt, id, ...category } = (
      await cloud.administrator.get('/v1/device-categories/press')
    ).body;
    const signals = [...category.signals, { name: 'pressure', unit: 'bar' }];
    await cloud.administrator.put(
      '/v1/device-categories/press',
      { ...category, signals },
      { 'if-match': `"${version}"` },
    );
    await say(await eventually('the second', () => versions()[1]), 'refused', 'too new for this gateway');
    stream.close();

    await page.goto(`${cloud.url}/devices/press-1`);
    await appears(page, '[data-testid=definition-state][data-state=refused]', 20_000);
    await appears(page, '[data-testid=definition-refused]:has-text("too new for this gateway")', 20_000);
    await page.getByRole('button', { name: 'What differs from what runs' }).click();
    await appears(page, '.diff [data-kind=added]:has-text("pressure")', 20_000);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    await picture('definition-device');

    await page.goto(`${cloud.url}/gateways/line-1`);
    await appears(page, '[data-testid=device-behind]:has-text("too new for this gateway")', 20_000);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    await picture('definition-gateway');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await picture('definition-gateway-wide');
  });
});
