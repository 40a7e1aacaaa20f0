import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorEmail, administratorPassword, createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';

const waitMilliseconds = 20_000;

let cloud: TestApp;
let gateway: EdgeGateway;
let accountId: string;
let browser: Browser;
let page: Page;

describeRequiring('forms of the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    gateway = await enrolGateway(cloud, 'hall-1');
    ({ accountId } = await registerDevice(cloud, gateway, 'press-1'));
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, { email: administratorEmail, password: administratorPassword });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('[I1] makes new machine credentials, says what ends, and shows them once', async () => {
    await page.goto(`${cloud.url}/devices/press-1`);
    await appears(
      page,
      '[data-testid=registration-step]:has-text("by test administrator")',
      waitMilliseconds,
    );
    await page.getByTestId('new-credentials').click();
    await appears(page, 'text=The one that it has now ends', waitMilliseconds);
    await page.getByTestId('confirm').click();
    await appears(page, '[data-testid=secret]', waitMilliseconds);
    const password = await page.getByTestId('secret').innerText();
    expect(password.length).toBeGreaterThan(20);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-testid=secret]', { state: 'detached', timeout: waitMilliseconds });
    const events = await cloud.administrator.get('/v1/events?key=press-1&types=device.credentials-rotated');
    expect(events.body.items).toHaveLength(1);
  });

  it('shows what a gateway refused, how often and what to do, and why a value is bad', async () => {
    const at = cloud.clock.now();
    const refusal = { type: 'rejection', deviceId: 'press-1', source: 'broker', lastAt: at } as const;
    await gateway.send('alerts', [
      { ...refusal, reason: 'wrong-password', count: 7 },
      { ...refusal, reason: 'made-of-cheese', count: 1 },
    ]);
    const bad = { deviceId: 'press-1', sourceTime: at, gatewayTime: at, quality: 'BAD' } as const;
    await gateway.send('readings', [readingOf({ ...bad, value: 950, qualityReason: 'out-of-range' })]);
    for (const path of ['devices/press-1', 'gateways/hall-1']) {
      await page.goto(`${cloud.url}/${path}`);
      const line = '[data-testid=rejection][data-reason=wrong-password]';
      await appears(page, `${line}:has-text("7 times"):has-text("make new credentials")`, waitMilliseconds);
      await appears(page, '[data-testid=rejection]:has-text("made-of-cheese")', waitMilliseconds);
    }
    await page.goto(`${cloud.url}/devices/press-1`);
    await appears(page, 'text=/BAD: outside its range/', waitMilliseconds);
  });

  it('offers what is there now where somebody else was first, and keeps what was typed', async () => {
    await page.goto(`${cloud.url}/devices/press-1`);
    await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name of the machine').fill('Typed here');
    const { version, categoryId } = (await cloud.administrator.get('/v1/devices/press-1')).body;
    const other = { name: 'Typed elsewhere', categoryId, tags: ['theirs'] };
    await cloud.administrator.put('/v1/devices/press-1', other, { 'if-match': String(version) });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=conflict]', waitMilliseconds);
    await dialog.getByRole('button', { name: 'Load what is there now' }).click();
    await appears(page, '[role=dialog] >> text=theirs', waitMilliseconds);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.waitForSelector('[role=dialog]', { state: 'detached', timeout: waitMilliseconds });
    const saved = (await cloud.administrator.get('/v1/devices/press-1')).body;
    expect(saved).toMatchObject({ name: 'Typed here', tags: ['theirs'], version: version + 2 });
  });

  it('[I3] keeps the hours of a site, by its own clock', async () => {
    await page.goto(`${cloud.url}/customers/${accountId}`);
    await page.getByRole('button', { name: 'Add a site' }).click();
    await page.getByLabel('Name of the site').fill('South plant');
    await page.getByRole('combobox', { name: 'Time zone' }).fill('Madrid');
    await page.getByRole('option', { name: 'Europe/Madrid' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByTestId('site-row').getByRole('button', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByTestId('edit-hours').click();
    await dialog.getByRole('button', { name: 'Add hours' }).click();
    await dialog.getByRole('combobox', { name: 'Time zone' }).last().fill('Europe/Madrid');
    await page.getByRole('option', { name: 'Europe/Madrid' }).last().click();
    await dialog.getByRole('button', { name: 'Save' }).last().click();
    await appears(page, '[role=dialog] >> text=08:00–17:00 (Europe/Madrid)', waitMilliseconds);
    await page.keyboard.press('Escape');
    await appears(page, '[data-testid=site-row]:has-text("08:00–17:00 (Europe/Madrid)")', waitMilliseconds);
    const [site] = (await cloud.administrator.get(`/v1/sites?accountId=${accountId}`)).body.items;
    expect((await cloud.administrator.get(`/v1/sites/${site.id}/hours`)).body).toEqual({
      timeZone: 'Europe/Madrid',
      weekly: [{ days: [1, 2, 3, 4, 5], from: '08:00', until: '17:00' }],
    });
  });

  it('asks for a contact where a device is connected, and says where nobody is told', async () => {
    const connect = async (id: string) => {
      await page.getByLabel('Name of the machine').fill('Lathe');
      await page.getByLabel('Device id').fill(id);
      await page.getByRole('combobox', { name: 'Category' }).click();
      await page.getByRole('option', { name: 'Presses' }).click();
      await page.getByRole('button', { name: 'Register' }).click();
      await appears(page, '[data-testid=mqtt-password]', waitMilliseconds);
    };
    await page.goto(`${cloud.url}/devices/connect`);
    await page.getByLabel("Customer's name").fill('Lathes Ltd');
    await connect('lathe-1');
    await appears(page, '[data-testid=nobody-to-tell]', waitMilliseconds);
    await page.goto(`${cloud.url}/devices/connect`);
    await page.getByRole('combobox', { name: 'Customer' }).click();
    await page.getByRole('option', { name: 'Lathes Ltd' }).click();
    const contact = page.getByTestId('connect-contact');
    await contact.getByLabel('Full name').fill('Lea Lathe');
    await contact.getByRole('textbox', { name: 'Phone' }).fill('+34600111222');
    await connect('lathe-2');
    expect(await page.getByTestId('nobody-to-tell').count()).toBe(0);
    const consents = await cloud.administrator.get('/v1/consents?contactPoint=%2B34600111222');
    expect(consents.body.items).toMatchObject([{ channel: 'sms', state: 'opted-in' }]);
  });

  it('finds one of very many customers and sites by what is typed, and shows the chosen one by name', async () => {
    const { administrator } = cloud;
    const many = (await administrator.post('/v1/accounts', { name: 'Many Halls Ltd' })).body;
    const far = (await administrator.post('/v1/sites', { accountId: many.id, name: 'The very first hall' }))
      .body;
    await cloud.pool.query(
      `insert into sites (id, account_id, name, created_at, updated_at, version)
       select gen_random_uuid(), $1, 'Hall ' || number, now(), now(), 1 from generate_series(1, 300) as number`,
      [many.id],
    );
    await cloud.pool.query(
      `insert into accounts (id, name, created_at, updated_at, version)
       select gen_random_uuid(), 'Customer ' || number, now(), now(), 1 from generate_series(1, 300) as number`,
    );
    await page.goto(`${cloud.url}/gateways/hall-1`);
    await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Customer' }).fill('many halls');
    await page.getByRole('option', { name: 'Many Halls Ltd' }).click();
    await dialog.getByRole('combobox', { name: 'Site' }).fill('very first');
    await page.getByRole('option', { name: 'The very first hall' }).click();
    expect(await page.getByRole('option').count()).toBe(0);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.waitForSelector('[role=dialog]', { state: 'detached', timeout: waitMilliseconds });
    expect((await administrator.get('/v1/gateways/hall-1')).body).toMatchObject({
      accountId: many.id,
      siteId: far.id,
    });
    await page.reload();
    await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    await appears(page, '[role=dialog] >> input[value="Many Halls Ltd"]', waitMilliseconds);
    await appears(page, '[role=dialog] >> input[value="The very first hall"]', waitMilliseconds);
    await dialog.getByRole('combobox', { name: 'Site' }).fill('no such hall');
    await appears(page, 'text=Nothing found', waitMilliseconds);
  });
});
