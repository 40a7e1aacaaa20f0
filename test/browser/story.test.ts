import { rm } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appears, hasChromium, launchBrowser } from '../support/browser.ts';
import { newDataDirectory, type OneMachine, startOneMachine } from '../support/one-machine.ts';
import { describeRequiring } from '../support/requires.ts';

const administrator = { email: 'ada@example.com', password: 'a long password for the test' };

let machine: OneMachine;
let address: string;
let browser: Browser;
let page: Page;

describeRequiring('the console in a browser', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    machine = startOneMachine(newDataDirectory(), {
      ANDON_ADMIN_EMAIL: administrator.email,
      ANDON_ADMIN_PASSWORD: administrator.password,
    });
    address = (await machine.ready()).url;
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    machine.child.kill('SIGTERM');
    await machine.ended;
    await rm(machine.dataDirectory, { recursive: true, force: true });
  }, 60_000);

  it('refuses a wrong password in words, and lets the right one in', async () => {
    await page.goto(address);
    await page.fill('input[name=email]', administrator.email);
    await page.fill('input[name=password]', 'not this one');
    await page.click('button[type=submit]');
    await appears(page, '[role=alert]', 10_000);
    await page.fill('input[name=password]', administrator.password);
    await page.click('button[type=submit]');
    await appears(page, '[data-testid=live-state][data-state=live]', 15_000);
  });

  it('[I2] shows the overheating press as an alert that arrives by itself', async () => {
    await page.click('a[href="/alerts"]');
    await page.getByText('All', { exact: true }).click();
    await appears(page, '[data-testid=alert-row]:has-text("press")', 60_000);
  });

  it('[I4] reboots a device at the press of a button, and shows that it succeeded', async () => {
    await page.goto(`${address}/devices/oven-1`);
    await appears(page, '[data-testid=reading-chart] canvas', 30_000);
    await page.getByRole('button', { name: 'Reboot' }).click();
    await page.click('[data-testid=confirm-reboot]');
    await appears(page, '[data-testid=command-state][data-state=SUCCEEDED]', 60_000);
  }, 120_000);

  it('[I5] [C4] [J10] [J15] opens the case, shows the customer its page, and emails on resolving it', async () => {
    await page.goto(`${address}/cases`);
    await appears(page, '[data-testid=case-row]', 90_000);
    await page.click('[data-testid=case-row] a');
    await appears(page, '[data-testid=case-timeline]', 10_000);
    const publicUrl = await page.getByText('Open what the customer sees').getAttribute('href');
    const customer = await browser.newPage();
    await customer.goto(publicUrl ?? '');
    expect(await customer.textContent('body')).toMatch(/CAS-\d{6}/);

    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.fill('textarea[name=resolution]', 'The bearing was replaced.');
    await page.click('[data-testid=confirm-resolve]');
    await appears(page, '[data-testid=case-status][data-state=resolved]', 20_000);

    await page.goto(`${address}/messages`);
    await page.getByText('Received here').click();
    await appears(page, '[data-testid=received-message][data-channel=sms]:has-text("/c/")', 30_000);
    await appears(
      page,
      '[data-testid=received-message][data-channel=email]:has-text("bearing was replaced")',
      30_000,
    );
    await customer.close();
  }, 180_000);

  it('says that the server is away, and comes back by itself', async () => {
    await page.goto(address);
    await appears(page, '[data-testid=live-state][data-state=live]', 15_000);
    await page.context().setOffline(true);
    await page.click('a[href="/devices"]');
    await appears(page, 'text=The server does not answer', 30_000);
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await appears(page, '[data-testid=device-row]', 30_000);
  });
});
