import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction, sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };
const stormDevices = 60;

let cloud: TestApp;
let plant: Plant;
let browser: Browser;
let page: Page;
const alertId = randomUUID();

describeRequiring('what keeps alerts quiet, in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  const fits = async () =>
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);

  it('an alert is shelved with a reason, shown with its countdown, and taken off the shelf [I11]', async () => {
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ alertId, deviceId: plant.deviceId, errorCode: 7, sourceTime: now, gatewayTime: now }),
    );
    await page.goto(`${cloud.url}/alerts/${alertId}`);
    await page.click('[data-testid=shelve]');
    await page.getByRole('textbox', { name: 'Why' }).fill('the sensor is being replaced');
    await page.getByRole('dialog').getByRole('button', { name: 'Shelve' }).click();
    await appears(page, '[data-testid=hold-notice]:has-text("the sensor is being replaced")', 20_000);
    await appears(page, '[data-testid=hold-notice]:has-text("Comes back in 60 min")', 20_000);
    await fits();
    await page.goto(`${cloud.url}/alerts`);
    await appears(page, '[data-testid=hold][data-hold=shelved]', 20_000);
    await page.goto(`${cloud.url}/alerts/${alertId}`);
    await page.click('[data-testid=unshelve]');
    await page.waitForSelector('[data-testid=hold-notice]', { state: 'detached', timeout: 20_000 });
  });

  it('a maintenance window is planned and ended [I11]', async () => {
    await page.goto(`${cloud.url}/maintenance`);
    await page.getByRole('button', { name: 'New window' }).click();
    await page.getByRole('combobox', { name: 'Device' }).click();
    await page.getByRole('option', { name: 'Press of plant' }).click();
    await page.getByRole('textbox', { name: 'Why' }).fill('yearly service');
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=maintenance-window]:has-text("In force")', 20_000);
    await fits();
    await page.getByRole('button', { name: 'End now' }).click();
    await appears(page, '[data-testid=maintenance-window]:has-text("Over")', 20_000);
  });

  it('somebody is named who is told of alerts [I6]', async () => {
    await page.goto(`${cloud.url}/alert-notices`);
    await page.getByRole('button', { name: 'New rule' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('On duty');
    await page.getByRole('combobox', { name: 'Who' }).click();
    await page.getByRole('option', { name: 'Ana Souza' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=notice-rule]:has-text("Ana Souza")', 20_000);
    await fits();
  });

  it('a colleague is named, for one rule of a category, by email [I6]', async () => {
    await page.goto(`${cloud.url}/alert-notices`);
    await page.getByRole('button', { name: 'New rule' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('The manager');
    await page.getByRole('combobox', { name: 'Category' }).click();
    await page.getByRole('option', { name: 'Press' }).click();
    await page.getByRole('combobox', { name: 'Rule' }).click();
    await page.getByRole('option', { name: 'overheating' }).click();
    await page.getByRole('combobox', { name: 'Who' }).click();
    await page.getByRole('option', { name: 'Ann', exact: true }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=notice-rule]:has-text("press · overheating")', 20_000);
    await fits();
    const { items } = (await cloud.administrator.get('/v1/alert-notice-rules')).body;
    expect(items.find(({ name }: { name: string }) => name === 'The manager')).toMatchObject({
      categoryId: 'press',
      rule: 'overheating',
      contactId: null,
      userId: expect.any(String),
      personName: 'Ann',
      channel: 'email',
    });
  });

  it('a rule of who is told is edited in the same form, also where somebody else was first [I6]', async () => {
    const contact = { accountId: plant.accountId, fullName: 'Zoe Late', email: 'zoe@plant.test' };
    const zoe = (await cloud.administrator.post('/v1/contacts', contact)).body;
    await page.goto(`${cloud.url}/alert-notices`);
    await page
      .locator('[data-testid=notice-rule]:has-text("On duty") >> [data-testid=edit-notice-rule]')
      .click();
    const dialog = page.getByRole('dialog');
    await appears(page, '[role=dialog] >> input[value="Ana Souza, plant Ltd"]', 20_000);
    await dialog.getByRole('combobox', { name: 'Who' }).fill('zoe');
    await page.getByRole('option', { name: 'Zoe Late' }).click();
    await dialog.getByRole('combobox', { name: 'Channel' }).click();
    await page.getByRole('option', { name: 'Email' }).click();
    const { items } = (await cloud.administrator.get('/v1/alert-notice-rules')).body;
    const { id, version } = items.find(({ name }: { name: string }) => name === 'On duty');
    const path = `/v1/alert-notice-rules/${id}`;
    const theirs = { name: 'On duty by night', contactId: plant.contactId, channel: 'sms', waitSeconds: 60 };
    await cloud.administrator.put(path, theirs, { 'if-match': String(version) });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=conflict]', 20_000);
    await dialog.getByRole('button', { name: 'Load what is there now' }).click();
    await appears(page, '[role=dialog] >> input[value="On duty by night"]', 20_000);
    await dialog.getByLabel('In force').uncheck({ force: true });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=notice-rule]:has-text("On duty by night"):has-text("Off")', 20_000);
    expect((await cloud.administrator.get(path)).body).toMatchObject({
      name: 'On duty by night',
      contactId: zoe.id,
      channel: 'email',
      waitSeconds: 60,
      enabled: false,
      version: version + 2,
    });
    await fits();
  });

  it('how alerts are put together is chosen, for all and for a category [I10]', async () => {
    await page.goto(`${cloud.url}/alert-settings`);
    await page.getByRole('textbox', { name: 'Devices with one cause' }).fill('40');
    await page.click('[data-testid=save-alert-settings]');
    await eventually('the settings to be saved', async () => {
      const { body } = await cloud.administrator.get('/v1/alerts/settings');
      return body.stormDevices === 40;
    });
    await appears(page, 'text=Error code', 20_000);
    await fits();
  });

  it('a storm is one incident with the true number of its alerts [I10]', async () => {
    const ids = Array.from({ length: stormDevices }, (_, index) => `storm-${index}`);
    await inTransaction(cloud.database, async (transaction) => {
      await sql`
        insert into assets (id, account_id, name, created_at, updated_at, version)
        select gen_random_uuid(), ${plant.accountId}, name, now(), now(), 1
        from unnest(${ids}::text[]) as name`.execute(transaction);
      await sql`
        insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at,
          updated_at)
        select name, name, assets.id, 'press', ${plant.gateway.id}, 'registered', true, now(), now()
        from unnest(${ids}::text[]) as name join assets using (name)`.execute(transaction);
    });
    const now = cloud.clock.now();
    await plant.gateway.send(
      ...ids.map((deviceId) =>
        // A cause of its own: whether the alert of the first test is of the same minute depends on the machine.
        alertTransition({ alertId: randomUUID(), deviceId, sourceTime: now, gatewayTime: now, errorCode: 8 }),
      ),
    );
    await page.goto(`${cloud.url}/incidents`);
    await appears(page, '[data-testid=incident-row]', 20_000);
    await fits();
    // No column is lost on a phone: the table scrolls within its box up to its last one.
    await page.getByTestId('incident-row').locator('td').last().scrollIntoViewIfNeeded();
    const last = await page.getByTestId('incident-row').locator('td').last().boundingBox();
    expect((last?.x ?? 0) + (last?.width ?? 999)).toBeLessThanOrEqual(390);
    // What the line is of stays in sight.
    const first = await page.getByTestId('incident-row').locator('td').first().boundingBox();
    expect(first?.x ?? -1).toBeGreaterThanOrEqual(0);
    await page.click('[data-testid=incident-row] a');
    await appears(page, '[data-testid=incident-count]:has-text("60 alerts of 60 devices")', 20_000);
    await fits();
  });
});
