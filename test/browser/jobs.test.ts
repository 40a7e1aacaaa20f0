import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { FakeGateway } from '../support/fake-gateway.ts';
import { createPlant, pressCategory } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const maker = { email: 'maker@example.com', password: 'a long password for the test' };
const approver = { email: 'approver@example.com', password: 'a long password for the test' };
const category = {
  ...pressCategory,
  commands: [
    ...pressCategory.commands,
    {
      name: 'wipe',
      title: 'Wipe the memory',
      destructive: true,
      idempotency: 'once',
      parameters: [
        {
          name: 'scope',
          title: 'Scope',
          type: 'object',
          required: true,
          parameters: [
            { name: 'days', title: 'Days', type: 'integer', required: true, minimum: 1, maximum: 30 },
            { name: 'area', title: 'Area', type: 'text', choices: ['log', 'all'], default: 'log' },
          ],
        },
      ],
    },
  ],
};

let cloud: TestApp;
let browser: Browser;
let page: Page;
let gateway: FakeGateway;
let deviceId: string;

describeRequiring('commands and jobs in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    const { administrator } = cloud;
    await administrator.post('/v1/users', { ...maker, name: 'Mara Maker', role: 'service-manager' });
    await administrator.post('/v1/users', { ...approver, name: 'Ann Approver', role: 'service-manager' });
    const enrolled = await administrator.post('/v1/gateways', { id: 'hall-line', name: 'Hall' });
    const silent = () => Promise.reject(new Error('this gateway speaks by itself'));
    const plant = await createPlant(cloud, {
      name: 'hall',
      category,
      gateway: { id: 'hall-line', client: administrator, send: silent, sendReadings: silent },
    });
    deviceId = plant.deviceId;
    const site = await administrator.post('/v1/sites', { accountId: plant.accountId, name: 'Hall 7' });
    await cloud.pool.query('update assets set site_id = $1 where id = $2', [site.body.id, plant.assetId]);
    // A list of categories ends long before the one that is looked for.
    await cloud.pool.query(
      `insert into device_categories select (jsonb_populate_record(device_categories,
         jsonb_build_object('id', 'a-' || number, 'name', 'A ' || number))).*
       from device_categories, generate_series(1, 250) as number where id = $1`,
      [category.id],
    );
    let tries = 0;
    gateway = new FakeGateway(cloud, { id: 'hall-line', key: enrolled.body.key }, ({ name }) => {
      tries += name === 'set-speed' ? 1 : 0;
      return name === 'set-speed' && tries === 1
        ? { state: 'FAILED', reason: 'jammed: the press does not move' }
        : { state: 'SUCCEEDED' };
    });
    gateway.start();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, maker);
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  const isNotTooWide = async () =>
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);

  it('draws nested parameters from the definition, and asks before what is destructive [I4]', async () => {
    await page.goto(`${cloud.url}/devices/${deviceId}`);
    await page.click('[data-testid=send-command]');
    await page.getByRole('combobox', { name: 'Command' }).click();
    await page.getByRole('option', { name: 'Wipe the memory' }).click();
    await page.getByRole('textbox', { name: 'Days' }).fill('7');
    await page.click('[data-testid=confirm-send-command]');
    await appears(page, '[data-testid=destructive-ask]', 20_000);
    expect(gateway.told).toHaveLength(0);
    await page.click('[data-testid=confirm-send-command]');
    await appears(page, '[data-testid=command-state][data-state=SUCCEEDED]', 20_000);
    expect(gateway.told[0]?.parameters).toEqual({ scope: { days: 7, area: 'log' } });
  });

  it('lists what failed and why, and tries it again [I4]', async () => {
    await cloud.administrator.post(`/v1/devices/${deviceId}/commands`, {
      name: 'set-speed',
      parameters: { speed: 900 },
    });
    await page.goto(`${cloud.url}/commands`);
    await appears(page, 'text=jammed: the press does not move', 20_000);
    await isNotTooWide();
    await page.click('[data-testid=retry-command]');
    await appears(page, 'text=tried again', 20_000);
  });

  it('makes a job step by step, which another person approves, and shows it to its end [I4]', async () => {
    await page.goto(`${cloud.url}/jobs`);
    await page.click('[data-testid=new-job]');
    await page.getByRole('combobox', { name: 'Category' }).fill('Press');
    await page.getByRole('option', { name: 'Press' }).click();
    await appears(page, '[data-testid=job-fits]', 20_000);
    await page.getByRole('combobox', { name: 'Site' }).click();
    await page.getByRole('option', { name: 'Hall 7, hall Ltd' }).click();
    await appears(page, '[data-testid=job-fits]:has-text("1 devices")', 20_000);
    await page.getByRole('textbox', { name: 'Only these devices' }).fill(`${deviceId}\nNo Press!`);
    await appears(page, '[data-testid=job-left-out]:has-text("Press! (no such device)")', 20_000);
    await isNotTooWide();
    await page.getByRole('textbox', { name: 'Only these devices' }).fill('');
    await page.waitForSelector('[data-testid=job-left-out]', { state: 'detached', timeout: 20_000 });
    await page.click('[data-testid=job-next]');
    await page.getByRole('combobox', { name: 'Command' }).click();
    await page.getByRole('option', { name: 'Wipe the memory' }).click();
    await page.getByRole('textbox', { name: 'Days' }).fill('3');
    await appears(page, '[data-testid=job-destructive]', 20_000);
    await page.click('[data-testid=job-next]');
    await isNotTooWide();
    await page.click('[data-testid=job-next]');
    await appears(page, 'text=Site: Hall 7', 20_000);
    await page.fill('[name=name]', 'Wipe the presses');
    await page.click('[data-testid=job-next]');
    await page.click('[data-testid=step-submit]');
    await page.click('[data-testid=confirm-step]');
    await appears(page, '[data-testid=job-state][data-state=awaiting-approval]', 20_000);
    expect(await page.locator('[data-testid=step-approve]').count()).toBe(0);
    const other = await browser.newPage({ locale: 'en-GB' });
    await signInByBrowser(other, cloud.url, approver);
    await other.goto(page.url());
    await other.click('[data-testid=step-approve]');
    await other.click('[data-testid=confirm-step]');
    await appears(page, '[data-testid=job-state][data-state=completed]', 20_000);
    await appears(page, '[data-testid=count-succeeded]:text-is("1")', 20_000);
    await other.goto(`${cloud.url}/audit`);
    await appears(other, 'text=job.state-changed', 20_000);
    await other.close();
  });

  it('a draft says what it is, and is edited where somebody else was first [I4]', async () => {
    const { administrator } = cloud;
    const draft = { name: 'Start one anew', command: 'reboot', selection: { deviceIds: [deviceId] } };
    const { id, version } = (await administrator.post('/v1/jobs', draft)).body;
    await page.goto(`${cloud.url}/jobs/${id}`);
    await appears(page, '[data-testid=job-destructive]', 20_000);
    await page.goto(`${cloud.url}/jobs/${id}/edit`);
    await page.click('[data-testid=job-next]');
    await page.click('[data-testid=job-next]');
    await page.click('[data-testid=job-next]');
    await page.fill('[name=name]', 'Start it anew here');
    const theirs = { ...draft, ratePerMinute: 7 };
    await administrator.put(`/v1/jobs/${id}`, theirs, { 'if-match': String(version) });
    await page.click('[data-testid=job-next]');
    await appears(page, '[data-testid=conflict]', 20_000);
    await page.getByRole('button', { name: 'Load what is there now' }).click();
    await page.waitForSelector('[data-testid=conflict]', { state: 'detached', timeout: 20_000 });
    await page.click('[data-testid=job-next]');
    await appears(page, '[data-testid=step-submit]', 20_000);
    const saved = (await administrator.get(`/v1/jobs/${id}`)).body;
    expect(saved).toMatchObject({ name: 'Start it anew here', ratePerMinute: 7, version: version + 2 });
  });

  it('a step that somebody else has taken before leads to what is there now [I4]', async () => {
    const { administrator } = cloud;
    const draft = { name: 'Taken back', command: 'reboot', selection: { deviceIds: [deviceId] } };
    const { id, version } = (await administrator.post('/v1/jobs', draft)).body;
    await page.goto(`${cloud.url}/jobs/${id}`);
    await page.click('[data-testid=step-submit]');
    // The page looks again and again; here it sees nothing new until the button is pressed.
    const seen = (await administrator.get(`/v1/jobs/${id}`)).body;
    await page.route(`**/v1/jobs/${id}`, (route) => route.fulfill({ json: seen }));
    await administrator.post(`/v1/jobs/${id}/cancel`, undefined, { 'if-match': String(version) });
    await page.click('[data-testid=confirm-step]');
    await appears(page, '[data-testid=conflict]', 20_000);
    await page.unroute(`**/v1/jobs/${id}`);
    await page.getByRole('button', { name: 'Load what is there now' }).click();
    await appears(page, '[data-testid=job-state][data-state=cancelled]', 20_000);
  });
});
