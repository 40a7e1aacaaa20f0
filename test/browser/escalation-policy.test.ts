import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let plant: Plant;
let browser: Browser;
let page: Page;
const alertId = randomUUID();

describeRequiring('an escalation policy in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'administrator' });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('is written in a form that says in plain words what will happen', async () => {
    await page.goto(`${cloud.url}/categories/${pressCategory.id}`);
    await appears(page, '[data-testid=policy]', 20_000);
    const policy = page.getByTestId('policy');
    await policy.getByRole('button', { name: 'Add a rule' }).click();
    const rule = page.getByTestId('policy-rule');
    expect(await rule.getByTestId('policy-sentence').innerText()).toBe(
      'For every alert: a case is opened at once.',
    );
    await rule.getByLabel('Error codes').fill('40-49');
    await rule.getByRole('button', { name: 'Add a remedy' }).click();
    await rule.getByLabel('Times').fill('2');
    expect(await rule.getByTestId('policy-sentence').innerText()).toBe(
      'For alerts with error code 40–49: the device is sent reboot up to 2 times. If the alert clears within 5 min ' +
        'after one of them and stays cleared for 30 s, it is closed. Otherwise a case is opened.',
    );
    await policy.getByRole('button', { name: 'Save the rules' }).click();
    await appears(page, '[data-testid=policy] [role=status]', 20_000);
    const saved = await cloud.administrator.get(`/v1/device-categories/${pressCategory.id}`);
    expect(saved.body.escalationPolicy.rules).toEqual([
      {
        when: { errorCodes: [{ from: 40, to: 49 }] },
        remedies: [{ command: 'reboot', times: 2, expiresInSeconds: 300 }],
        verify: { clearForSeconds: 30, withinSeconds: 300 },
        otherwise: 'case',
      },
    ]);
  }, 60_000);

  it('need not be there for a remedy by hand, from the alert itself', async () => {
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ alertId, deviceId: plant.deviceId, errorCode: 7, sourceTime: now, gatewayTime: now }),
    );
    await cloud.settle();
    await page.goto(`${cloud.url}/alerts/${alertId}`);
    await appears(page, '[data-testid=try-remedy]', 20_000);
    await page.getByTestId('try-remedy').click();
    await page.getByTestId('confirm-remedy').click();
    await page.getByTestId('confirm-remedy').waitFor({ state: 'detached', timeout: 20_000 });
    const found = await cloud.administrator.get(`/v1/escalations?alertId=${alertId}`);
    expect(found.body.items).toEqual([expect.objectContaining({ state: 'remedying', command: 'reboot' })]);
  }, 60_000);

  it('shows what it achieves in the report', async () => {
    await page.goto(`${cloud.url}/reports`);
    await appears(page, '[data-testid=total-alerts]', 20_000);
    expect(await page.getByTestId('total-alerts').innerText()).toContain('1');
    await page.getByText('By command', { exact: true }).first().click();
    await page.getByRole('cell', { name: 'reboot' }).waitFor({ timeout: 20_000 });
  }, 60_000);
});
