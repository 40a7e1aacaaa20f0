import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let cloud: TestApp;
let browser: Browser;
let page: Page;
let caseId: string;

describeRequiring('sending a technician in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    const plant = await createPlant(cloud);
    const { administrator } = cloud;
    await administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    await administrator.post('/v1/users', {
      email: 'tess@example.com',
      password: manager.password,
      name: 'Tess Technician',
      role: 'technician',
    });
    const opened = await administrator.post('/v1/cases', { title: 'Pump shakes', assetId: plant.assetId });
    caseId = opened.body.id;
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  const status = (wanted: string) =>
    appears(page, `[data-testid=work-order-status][data-state=${wanted}]`, 20_000);

  it('goes from the case to its new work order', async () => {
    await page.goto(`${cloud.url}/cases/${caseId}`);
    await appears(page, '[data-testid=send-technician]', 20_000);
    await page.click('[data-testid=send-technician]');
    await page.fill('[name=what]', 'Take the big puller along');
    await page.click('[data-testid=confirm-send]');
    await status('unscheduled');
    await appears(page, 'text=Take the big puller along', 20_000);
  });

  it('schedules a visit, and keeps tasks and a photo', async () => {
    await page.click('[data-testid=step-schedule]');
    await page.getByRole('combobox', { name: 'Technician' }).click();
    await page.getByRole('option', { name: 'Tess Technician' }).click();
    await page.click('[data-testid=confirm-schedule]');
    await status('scheduled');
    await page.getByRole('textbox', { name: 'Add a task' }).fill('Change the bearing');
    await page.getByRole('button', { name: 'Add a task' }).click();
    await appears(page, '[data-testid=task]', 20_000);
    await page.setInputFiles('input[type=file]', {
      name: 'bearing.png',
      mimeType: 'image/png',
      buffer: png,
    });
    await appears(page, '[data-testid=photo] img', 20_000);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  });

  it('is completed when its tasks are done, and its case says so', async () => {
    await page.click('[data-testid=step-start]');
    await status('in-progress');
    await page.getByRole('checkbox', { name: 'Change the bearing' }).click();
    await appears(page, 'text=Task done: Change the bearing', 20_000);
    await page.click('[data-testid=step-complete]');
    await page.fill('[name=outcome]', 'New bearing, runs quietly');
    await page.click('[data-testid=confirm-complete]');
    await status('completed');
    await page.goto(`${cloud.url}/cases/${caseId}`);
    await appears(page, '[data-testid=case-timeline]:has-text("New bearing, runs quietly")', 20_000);
  });
});
