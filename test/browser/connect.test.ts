import { rm } from 'node:fs/promises';
import { connectAsync } from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { newDataDirectory, type OneMachine, startOneMachine } from '../support/one-machine.ts';
import { describeRequiring } from '../support/requires.ts';

const administrator = { email: 'ada@example.com', password: 'a long password for the test' };
/** A name that would run as a script where a page forgot to escape it. */
const hostileName = 'Compressor <img src=x onerror="document.title=\'broken\'">';

let machine: OneMachine;
let facts: Awaited<ReturnType<OneMachine['ready']>>;
let browser: Browser;
let page: Page;

async function connectByForm(deviceId: string): Promise<{ password: string }> {
  await page.goto(`${facts.url}/devices/connect`);
  await page.getByLabel("Customer's name").fill('Ridgeway Foods');
  await page.getByLabel('Name of the machine').fill(hostileName);
  await page.getByLabel('Device id').fill(deviceId);
  await page.getByRole('combobox', { name: 'Category' }).click();
  await page.getByRole('option', { name: 'Air compressor' }).click();
  await page.getByRole('button', { name: 'Register' }).click();
  await appears(page, 'text=is registered', 20_000);
  await appears(page, `pre:has-text("-p ${facts.mqttPort} ")`, 20_000);
  const password = await page.getByTestId('mqtt-password').textContent();
  return { password: password ?? '' };
}

describeRequiring('connecting a machine in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    machine = startOneMachine(newDataDirectory(), {
      ANDON_DEMO: '0',
      ANDON_ADMIN_EMAIL: administrator.email,
      ANDON_ADMIN_PASSWORD: administrator.password,
    });
    facts = await machine.ready();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, facts.url, administrator);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    machine.child.kill('SIGTERM');
    await machine.ended;
    await rm(machine.dataDirectory, { recursive: true, force: true });
  }, 60_000);

  it('begins with nothing, and says what to do next', async () => {
    await page.goto(`${facts.url}/devices`);
    await appears(page, 'text=Connect your first machine', 20_000);
  });

  it('makes a category with limits', async () => {
    await page.goto(`${facts.url}/categories/new`);
    await page.fill('input[name=name]', 'Air compressor');
    await page.getByLabel('Signal', { exact: true }).fill('temperature');
    await page.getByLabel('Unit').fill('Cel');
    await page.getByLabel('HI', { exact: true }).fill('95');
    await page.getByRole('button', { name: 'Create' }).click();
    await appears(page, '[data-testid=category-row]:has-text("HI 95 °C")', 20_000);
  });

  it('[I1] [I8] registers a machine on a phone, and shows it connected and alerting after its first readings', async () => {
    const { password } = await connectByForm('compressor-1');
    const device = await connectAsync(`mqtt://127.0.0.1:${facts.mqttPort}`, {
      username: 'compressor-1',
      password,
      // The gateway hears of the device a moment after the cloud answered.
      reconnectPeriod: 200,
    });
    await device.publishAsync('devices/compressor-1/telemetry', '{"temperature": 97.5}', { qos: 1 });
    await page.getByRole('link', { name: 'Open the device' }).click();
    await appears(page, '[data-connected=true]', 30_000);
    await appears(page, '[data-testid=alert-row]:has-text("97.5 °C")', 30_000);
    await device.endAsync();
  });

  it('shows a machine that has sent nothing yet without an error, and a lone reading as a point', async () => {
    const { password } = await connectByForm('compressor-2');
    await page.getByRole('link', { name: 'Open the device' }).click();
    await appears(page, 'text=No readings in this time span.', 20_000);
    expect(await page.getByRole('alert').count()).toBe(0);
    const device = await connectAsync(`mqtt://127.0.0.1:${facts.mqttPort}`, {
      username: 'compressor-2',
      password,
      reconnectPeriod: 200,
    });
    await device.publishAsync('devices/compressor-2/telemetry', '{"temperature": 21.5}', { qos: 1 });
    await device.endAsync();
    await appears(page, 'text=Heard just now', 20_000);
    await appears(page, '[data-testid=reading-chart]', 20_000);
  });

  it('gives a customer a contact who can be told, and shows what may be sent there', async () => {
    await page.goto(`${facts.url}/customers`);
    await page.getByRole('link', { name: 'Ridgeway Foods' }).first().click();
    await appears(page, 'text=Nobody is told about this customer', 20_000);
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByLabel('Full name').fill('Maria Keller');
    await page.getByLabel('Email').fill('maria@ridgeway.example');
    await page.getByLabel('Phone').fill('+1 202 555 0143');
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=contact-row]:has-text("+12025550143")', 20_000);
    await appears(page, '[data-testid=contact-row]:has-text("Primary contact")', 20_000);
    await appears(page, '[data-testid=contact-row]:has-text("about their machines: allowed")', 20_000);
    await page.locator('[data-testid=contact-row]').getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Full name').fill('Maria Keller-Ruiz');
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=contact-row]:has-text("Keller-Ruiz")', 20_000);
  });

  it('says in words for people that an address leads nowhere', async () => {
    await page.goto(`${facts.url}/devices/nope`);
    await appears(page, 'text=There is nothing at this address.', 20_000);
    expect(await page.locator('main').textContent()).not.toContain('/v1/');
  });

  it('shows a hostile name as text', async () => {
    await page.goto(`${facts.url}/devices`);
    await appears(page, '[data-testid=device-row]', 20_000);
    expect(await page.title()).toBe('Andon');
    expect(await page.locator('[data-testid=device-row]').first().textContent()).toContain('<img src=x');
  });
});
