import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let plant: Plant;
let browser: Browser;
let page: Page;
const alertId = randomUUID();

describeRequiring('an alert in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    const now = cloud.clock.now();
    // A code that no journey makes a case of by itself.
    const dated = { alertId, deviceId: plant.deviceId, errorCode: 7, sourceTime: now, gatewayTime: now };
    await plant.gateway.send(
      alertTransition(dated),
      alertTransition({ ...dated, number: 2, transition: 'escalated', state: 'HIHI', severity: 'CRITICAL' }),
      {
        type: 'alert-recording',
        alertId,
        deviceId: plant.deviceId,
        part: 'before',
        from: now - 60_000,
        to: now,
        truncated: false,
        signals: [
          {
            signal: 'temperature',
            unit: 'Cel',
            times: Array.from({ length: 60 }, (_, index) => index * 1000),
            values: Array.from({ length: 60 }, (_, index) => 60 + index),
            qualities: 'G'.repeat(60),
          },
        ],
        frames: [
          ...Array.from({ length: 30 }, (_, index) => ({
            at: now - 30_000 + index * 1000,
            direction: index % 2 === 0 ? ('sent' as const) : ('received' as const),
            hexadecimal: Buffer.from(`poll ${index}\r\n`).toString('hex'),
          })),
          {
            at: now - 12,
            direction: 'received',
            hexadecimal: Buffer.from(`{"temperature":${'9'.repeat(497)}`).toString('hex'),
            lengthBytes: 700,
          },
        ],
      },
      {
        type: 'alert-recording',
        alertId,
        deviceId: plant.deviceId,
        part: 'after',
        from: now,
        to: now + 30_000,
        truncated: false,
        framesTruncated: true,
        signals: [],
        frames: [{ at: now + 1500, direction: 'sent', hexadecimal: '01030a0d' }],
      },
    );
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('shows why it was raised, and what the device sent before', async () => {
    await page.goto(`${cloud.url}/alerts`);
    await appears(page, '[data-testid=alert-link]', 20_000);
    await page.click('[data-testid=alert-link]');
    await appears(page, '[data-testid=alert-timeline]:has-text("Worse: HIHI")', 20_000);
    await appears(page, '[data-testid=recorded-signal][aria-label=temperature]', 20_000);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  });

  it('shows the frames of the wire beside their text, with the moment of the alert among them', async () => {
    const frames = page.getByTestId('frames');
    const rows = await frames.locator('tbody tr').allInnerTexts();
    const plain = rows.map((row) => row.replace(/\s+/g, ' ').trim());
    expect(plain[0]).toBe('Show 11 earlier frames');
    expect(plain).toHaveLength(1 + 20 + 1 + 1 + 1);
    expect(plain[20]).toMatch(/^-12 ms From device 700 B 7b 22 74 65 6d 70 65 72 \{"temper/);
    expect(plain[20]).toContain('Truncated: the first 512 of 700 bytes were kept.');
    expect(plain[21]).toMatch(/^Alert raised at/);
    expect(plain[22]).toContain('those right after the alert are missing');
    expect(plain[23]).toMatch(/^\+1,500 ms To device 4 B 01 03 0a 0d ····$/);
    await frames.getByRole('button', { name: 'Show 11 earlier frames' }).click();
    expect(await frames.getByTestId('frame').count()).toBe(32);
    expect(await frames.innerText()).toContain('-30,000 ms');
    const long = frames.getByTestId('frame').nth(30);
    const folded = (await long.innerText()).length;
    await long.getByRole('button', { name: 'Show all 512 bytes' }).click();
    expect((await long.innerText()).length).toBeGreaterThan(folded * 4);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  });

  it('is assigned and commented', async () => {
    await page.getByRole('combobox', { name: 'Who sees to it' }).click();
    await page.getByRole('option', { name: 'Ann' }).click();
    await page.getByRole('textbox', { name: 'Add a note' }).fill('The fan was off');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await appears(page, '[data-testid=alert-timeline]:has-text("The fan was off")', 20_000);
    const { body } = await cloud.administrator.get(`/v1/alerts/${alertId}`);
    expect(body.assignedTo).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('goes to a case by hand, and is closed', async () => {
    await page.click('[data-testid=open-case]');
    await appears(page, '[data-testid=alert-stages] a[href^="/cases/"]', 20_000);
    await page.click('[data-testid=close-alert]');
    await page.locator('[data-testid=close-alert]').waitFor({ state: 'detached', timeout: 20_000 });
    expect((await cloud.administrator.get(`/v1/alerts/${alertId}`)).body).toMatchObject({ status: 'closed' });
  });

  it('says what became of a remote action, and offers every step that is possible once the alert is over', async () => {
    const at = cloud.clock.now();
    const [id, deviceId] = [randomUUID(), plant.deviceId];
    const record = { alertId: id, deviceId, rule: 'second', errorCode: 9, sourceTime: at, gatewayTime: at };
    await plant.gateway.send(alertTransition(record));
    await cloud.settle();
    await page.goto(`${cloud.url}/alerts/${id}`);
    await appears(page, '[data-testid=try-remedy]', 20_000);
    const tried = await cloud.administrator.post(`/v1/alerts/${id}/remedies`, { command: 'reboot' });
    expect(tried.status, tried.text).toBeLessThan(300);
    await cloud.settle();
    await page.reload();
    await appears(page, '[data-testid=remote-action]:has-text("Sent; the device has not answered")', 20_000);
    const [command] = (await cloud.administrator.get(`/v1/devices/${deviceId}/commands`)).body.items;
    const boots = { bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' };
    const told = {
      type: 'command',
      commandId: command.id,
      deviceId,
      at: cloud.clock.now(),
      ...boots,
    } as const;
    await plant.gateway.send({ ...told, state: 'SUCCEEDED' });
    await cloud.settle();
    await page.reload();
    await appears(page, '[data-testid=remote-action]:has-text("Carried out; it is watched")', 20_000);
    const later = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ ...record, number: 2, transition: 'cleared', sourceTime: later, gatewayTime: later }),
    );
    await cloud.settle();
    cloud.clock.advance(30_000);
    cloud.wake();
    await eventually('the remedy to have helped', async () => {
      return (await cloud.administrator.get(`/v1/alerts/${id}`)).body.status === 'closed';
    });
    await page.reload();
    await appears(page, '[data-testid=remote-action]:has-text("Succeeded")', 20_000);

    const gone = { ...record, alertId: randomUUID(), rule: 'third', errorCode: 8 };
    await plant.gateway.send(alertTransition(gone));
    await plant.gateway.send(alertTransition({ ...gone, number: 2, transition: 'cleared' }));
    await cloud.settle();
    await page.goto(`${cloud.url}/alerts/${gone.alertId}`);
    await appears(page, '[data-testid=close-alert]', 20_000);
    await appears(page, '[data-testid=open-case]', 20_000);
    expect(await page.getByRole('button', { name: 'Send a technician' }).count()).toBe(1);
    expect(await page.locator('[data-testid=try-remedy]').count()).toBe(0);
    await page.click('[data-testid=open-case]');
    await appears(page, '[data-testid=alert-stages] a[href^="/cases/"]', 20_000);
  });
});
