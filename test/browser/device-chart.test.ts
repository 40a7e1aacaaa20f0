import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { edgeGateway, readingOf } from '../support/edge-gateway.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let plant: Plant;
let browser: Browser;
let page: Page;
const alertId = randomUUID();
const minute = 60_000;

describeRequiring('the chart of a device', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    const now = cloud.clock.now();
    const { body } = await cloud.administrator.post(`/v1/gateways/${plant.gateway.id}/key`, {});
    const gateway = edgeGateway(cloud, plant.gateway.id, body.key);
    const { deviceId } = plant;
    const lost = { from: now - 30 * minute, to: now - 25 * minute };
    const times = Array.from({ length: 180 }, (_, index) => now - index * 20_000);
    const sent = await gateway.send('readings', [
      ...times
        .filter((time) => time < lost.from || time > lost.to)
        .map((sourceTime) =>
          readingOf({
            deviceId,
            value: 70 + 12 * Math.sin(sourceTime / 400_000),
            sourceTime,
            gatewayTime: now,
          }),
        ),
      { type: 'gap', reason: 'evicted', deviceId, count: 15, ...lost },
    ]);
    const dated = { alertId, deviceId, errorCode: 7, sourceTime: now - 20 * minute, gatewayTime: now };
    expect(sent.status).toBe(200);
    await gateway.send('alerts', [alertTransition(dated)]);
    await cloud.emit({ type: 'device.rebooted', key: deviceId, payload: { deviceId } });
    await cloud.settle();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('pins what happened to it, and a pin leads to the alert [I7]', async () => {
    await page.goto(`${cloud.url}/devices/${plant.deviceId}`);
    await page.click('text="1 h"');
    await appears(page, '[data-testid=chart-pins] .chart-pin', 20_000);
    const pins = page.locator('[data-testid=chart-pins] .chart-pin button');
    await expect.poll(() => pins.count(), { timeout: 20_000 }).toBe(2);
    await pins.first().click();
    await page.click(`a[href="/alerts/${alertId}"]`);
    await page.waitForURL(`**/alerts/${alertId}`);
  });

  it('gives the readings of what it shows as a table', async () => {
    await page.goto(`${cloud.url}/devices/${plant.deviceId}`);
    await page.click('text="1 h"');
    const downloading = page.waitForEvent('download');
    await page.click('text="Download readings"');
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${plant.deviceId}.csv`);
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(lines[0]).toBe('time,device,signal,value,quality');
    expect(lines.length).toBeGreaterThan(100);
  });

  it('shows a year, too', async () => {
    await page.goto(`${cloud.url}/devices/${plant.deviceId}`);
    await page.click('text="1 y"');
    await appears(page, '[data-testid=reading-chart] canvas', 20_000);
  });
});
