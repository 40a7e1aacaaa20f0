import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const password = 'a long password for the test';
const waitMilliseconds = 20_000;

let cloud: TestApp;
let browser: Browser;
let plant: Plant;

async function pageOf(role: string): Promise<Page> {
  const who = { email: `${role}@example.com`, password };
  await cloud.administrator.post('/v1/users', { ...who, name: role, role });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  await signInByBrowser(page, cloud.url, who);
  await page.goto(`${cloud.url}/devices/${plant.deviceId}`);
  await appears(page, 'main h3', waitMilliseconds);
  return page;
}

describeRequiring('a reboot that a category narrows', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    const reboot = {
      ...{ name: 'reboot', title: 'Reboot', destructive: true, idempotency: 'once' },
      roles: ['service-manager'],
      parameters: [{ name: 'delay', type: 'integer', required: true, minimum: 1, maximum: 60 }],
    };
    plant = await createPlant(cloud, { name: 'hall', category: { ...pressCategory, commands: [reboot] } });
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it.each(['viewer', 'service-agent', 'technician'])(
    'is not offered to a %s',
    async (role) => {
      const page = await pageOf(role);
      await appears(page, 'text=No command was sent yet.', waitMilliseconds);
      expect(await page.getByRole('button', { name: 'Reboot' }).count()).toBe(0);
      await page.context().close();
    },
    60_000,
  );

  it('[I4] is sent by a service manager with what it has to be told', async () => {
    const page = await pageOf('service-manager');
    await page.getByRole('button', { name: 'Reboot' }).click();
    await page.getByLabel('delay').fill('5');
    await page.getByTestId('confirm-send-command').click();
    await appears(page, '[data-testid=destructive-ask]', waitMilliseconds);
    await page.getByTestId('confirm-send-command').click();
    await appears(page, '[data-testid=command]:has-text("delay: 5")', waitMilliseconds);
    const [sent] = (await cloud.administrator.get(`/v1/devices/${plant.deviceId}/commands`)).body.items;
    expect(sent).toMatchObject({ name: 'reboot', parameters: { delay: 5 } });
    await page.context().close();
  }, 60_000);
});
