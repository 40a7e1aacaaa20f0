import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const executablePath = process.env.ANDON_CHROMIUM ?? '/usr/bin/chromium';

describeRequiring('the customer’s page in a browser', { chromium: existsSync(executablePath) }, () => {
  let cloud: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    cloud = await createTestApp();
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await cloud.close();
  });

  const open = async (language: string, colorScheme: 'light' | 'dark') => {
    const { accountId } = await createPlant(cloud, { name: `page-${language.toLowerCase()}`, language });
    const opened = await cloud.administrator.post('/v1/cases', { accountId, title: 'It squeaks <b>' });
    const page = await browser.newPage({ viewport: { width: 390, height: 700 }, colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(cloud.url + new URL(opened.body.publicUrl).pathname);
    return { page, id: opened.body.id, complaints };
  };
  const waitFor = (page: Page, text: string) =>
    page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 20_000 });

  test('follows the case by itself on a phone, without a complaint of the browser [J10]', async () => {
    const { page, id, complaints } = await open('en', 'light');
    await waitFor(page, 'We are working on it');
    expect(await page.textContent('h1')).toBe('It squeaks <b>');
    const overflow = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
    expect(overflow).toBe(false);
    await cloud.administrator.post(`/v1/cases/${id}/resolve`, { resolution: 'Oiled' });
    await waitFor(page, 'It is solved');
    expect(await page.title()).toMatch(/^CAS-\d{6} · It is solved$/);
    expect(complaints).toEqual([]);
  });

  test('speaks Chinese in the dark', async () => {
    const { page, complaints } = await open('zh-Hant', 'dark');
    await waitFor(page, '我們正在處理');
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(16, 19, 22)');
    expect(complaints).toEqual([]);
  });
});
