import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { newDataDirectory, type OneMachine, startOneMachine } from '../support/one-machine.ts';
import { describeRequiring } from '../support/requires.ts';

const administrator = { email: 'ada@example.com', password: 'a long password for the test' };

let machine: OneMachine;
let facts: Awaited<ReturnType<OneMachine['ready']>>;
let browser: Browser;
let page: Page;

async function picture(name: string): Promise<void> {
  if (process.env.ANDON_PICTURES !== undefined) {
    await page.screenshot({ path: join(process.env.ANDON_PICTURES, `${name}.png`), fullPage: true });
  }
}

describeRequiring('the configuration of a gateway in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    machine = startOneMachine(newDataDirectory(), {
      ANDON_DEMO: '0',
      ANDON_ADMIN_EMAIL: administrator.email,
      ANDON_ADMIN_PASSWORD: administrator.password,
    });
    facts = await machine.ready();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1200, height: 900 }, locale: 'en-GB' });
    await signInByBrowser(page, facts.url, administrator);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    machine.child.kill('SIGTERM');
    await machine.ended;
    await rm(machine.dataDirectory, { recursive: true, force: true });
  }, 60_000);

  it('shows what runs, mistakes at their lines, what would change, and that a new one stays', async () => {
    await page.goto(`${facts.url}/gateways`);
    await page.locator('td a').first().click();
    await appears(page, 'text=a configuration from its own file', 30_000);
    const editor = page.getByLabel('Write a configuration');
    const text = await editor.inputValue();
    expect(text).toMatch(/^gateway:/m);

    await editor.fill(`${text.trimEnd()}\ndivices: []\n`);
    await page.getByRole('button', { name: 'Check' }).click();
    await appears(page, 'text=did you mean devices?', 20_000);
    expect(await page.locator('[data-wrong]').count()).toBe(1);
    await picture('console-mistakes');

    await editor.fill(`${text.trimEnd()}\noutbox: { bytesMax: 268435456 }\n`);
    await page.getByRole('button', { name: 'Check' }).click();
    await appears(page, '[data-testid=findings]:has-text("outbox")', 20_000);
    await page.getByRole('button', { name: 'Send to the gateway' }).click();
    await appears(page, '[data-state=confirmed]', 60_000);
    await appears(page, 'text=The gateway runs #1', 20_000);
    await picture('console-confirmed');
  }, 180_000);
});
