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

  it('makes an incident type and changes it', async () => {
    await page.goto(`${cloud.url}/work-orders`);
    await page.getByRole('link', { name: 'Incident types' }).click();
    await appears(page, 'text=No incident types yet.', 20_000);
    await page.getByRole('button', { name: 'New incident type' }).click();
    await page.getByLabel('Name').fill('Bearing worn');
    await page.getByRole('button', { name: 'Add a task' }).click();
    await page.getByLabel('Task 1', { exact: true }).fill('Pull the shaft');
    await page.getByLabel('Minutes for task 1').fill('45');
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=incident-type-row]:has-text("bearing-worn")', 20_000);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('combobox', { name: 'Priority' }).click();
    await page.getByRole('option', { name: 'High' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=incident-type-row]:has-text("High")', 20_000);
    expect((await cloud.administrator.get('/v1/incident-types/bearing-worn')).body).toMatchObject({
      ...{ name: 'Bearing worn', priority: 'high', version: 2 },
      tasks: [{ title: 'Pull the shaft', minutes: 45 }],
    });
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  });

  it('goes from the case to its new work order of a type, with a priority, and changes it', async () => {
    await page.goto(`${cloud.url}/cases/${caseId}`);
    await appears(page, '[data-testid=send-technician]', 20_000);
    await page.click('[data-testid=send-technician]');
    await page.fill('[name=what]', 'Take the big puller along');
    await page.getByRole('combobox', { name: 'Incident type' }).click();
    await page.getByRole('option', { name: 'Bearing worn' }).click();
    await page.getByRole('combobox', { name: 'Priority' }).click();
    await page.getByRole('option', { name: 'Critical' }).click();
    await page.click('[data-testid=confirm-send]');
    await status('unscheduled');
    await appears(page, 'text=Take the big puller along', 20_000);
    await page.click('[data-testid=edit-work-order]');
    await page.getByLabel('Title').fill('Pump shakes badly');
    await page.getByRole('combobox', { name: 'Priority' }).click();
    await page.getByRole('option', { name: 'Low' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, 'h2:has-text("Pump shakes badly")', 20_000);
    const id = page.url().split('/').at(-1);
    const { body } = await cloud.administrator.get(`/v1/work-orders/${id}`);
    expect(body).toMatchObject({
      ...{ title: 'Pump shakes badly', priority: 'low', incidentTypeId: 'bearing-worn' },
      tasks: [{ title: 'Pull the shaft' }],
    });
    for (const task of body.tasks) {
      await page.getByRole('button', { name: `Remove ${task.title}` }).click();
    }
    await appears(page, 'text=No tasks.', 20_000);
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
