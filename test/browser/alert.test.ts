import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let plant: Plant;
let browser: Browser;
let page: Page;
const alertId = randomUUID();

describeRequiring('an alert in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    const now = cloud.clock.now();
    // A code that no journey makes a case of by itself.
    const dated = { alertId, deviceId: plant.deviceId, errorCode: 7, sourceTime: now, gatewayTime: now };
    await plant.gateway.send(
      alertTransition(dated),
      alertTransition({ ...dated, number: 2, transition: 'escalated', state: 'HIHI', severity: 'CRITICAL' }),
      {
        type: 'alert-recording',
        alertId,
        deviceId: plant.deviceId,
        part: 'before',
        from: now - 60_000,
        to: now,
        truncated: false,
        signals: [
          {
            signal: 'temperature',
            unit: 'Cel',
            times: Array.from({ length: 60 }, (_, index) => index * 1000),
            values: Array.from({ length: 60 }, (_, index) => 60 + index),
            qualities: 'G'.repeat(60),
          },
        ],
        frames: [],
      },
    );
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('shows why it was raised, and what the device sent before', async () => {
    await page.goto(`${cloud.url}/alerts`);
    await appears(page, '[data-testid=alert-link]', 20_000);
    await page.click('[data-testid=alert-link]');
    await appears(page, '[data-testid=alert-timeline]:has-text("Worse: HIHI")', 20_000);
    await appears(page, '[data-testid=recorded-signal][aria-label=temperature]', 20_000);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  });

  it('is assigned and commented', async () => {
    await page.getByRole('combobox', { name: 'Who sees to it' }).click();
    await page.getByRole('option', { name: 'Ann' }).click();
    await page.getByRole('textbox', { name: 'Add a note' }).fill('The fan was off');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await appears(page, '[data-testid=alert-timeline]:has-text("The fan was off")', 20_000);
    const { body } = await cloud.administrator.get(`/v1/alerts/${alertId}`);
    expect(body.assignedTo).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('goes to a case by hand, and is closed', async () => {
    await page.click('[data-testid=open-case]');
    await appears(page, '[data-testid=alert-stages] a[href^="/cases/"]', 20_000);
    await page.click('[data-testid=close-alert]');
    await page.locator('[data-testid=close-alert]').waitFor({ state: 'detached', timeout: 20_000 });
    expect((await cloud.administrator.get(`/v1/alerts/${alertId}`)).body).toMatchObject({ status: 'closed' });
  });
});
