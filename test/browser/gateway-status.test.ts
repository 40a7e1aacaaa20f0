import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { hasChromium, launchBrowser } from '../support/browser.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { describeRequiring } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const phone = { width: 390, height: 844 };

describeRequiring('the status page of a gateway on a phone', { chromium: hasChromium }, () => {
  let browser: Browser;
  let folder: ReturnType<typeof temporaryFolder>;
  let cloud: EdgeCloud;
  let file: string;
  const running: GatewayProcess[] = [];
  const clients: MqttClient[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    folder = temporaryFolder();
    cloud = new EdgeCloud();
    await cloud.start();
    file = join(folder.path, 'gateway.yaml');
    writeFileSync(join(folder.path, 'key'), 'the-key');
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.end(true);
    }
    await Promise.all(running.splice(0).map((gateway) => gateway.kill()));
    await cloud.stop();
    folder.remove();
  });

  const configuration = (devices: string) => `gateway: { id: line-1, dataDirectory: data }
cloud: { url: "${cloud.url}", keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
connectors: []
${devices}`;

  async function start(devices: string): Promise<GatewayProcess> {
    writeFileSync(file, configuration(devices));
    const gateway = await GatewayProcess.start(file);
    running.push(gateway);
    return gateway;
  }

  /** Nothing is wider than the phone, in either light. */
  async function look(page: Page, name: string): Promise<void> {
    const folderOfPictures = process.env.ANDON_PICTURES;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      if (folderOfPictures !== undefined) {
        await page.screenshot({ path: join(folderOfPictures, `${name}-${colorScheme}.png`) });
      }
    }
  }

  async function open(gateway: GatewayProcess): Promise<Page> {
    const page = await browser.newPage({ viewport: phone, locale: 'en-GB' });
    await page.goto(`http://127.0.0.1:${gateway.ports.status}/`);
    await page.waitForSelector('text=running for');
    return page;
  }

  it('shows 200 devices, those with trouble first, and finds one', async () => {
    const devices = Array.from({ length: 200 }, (_, index) => {
      const id = `press-${index}`;
      const rule = `{ name: hot, version: 1, signal: temperature, limits: { hi: { setpoint: 100, severity: MAJOR, errorCode: 12 } } }`;
      return `  - { id: ${id}, name: "Press ${index}", mqttPasswordSha256: ${sha256(id)}, signals: [{ name: temperature, unit: Cel, maximum: 500 }], rules: [${rule}] }`;
    });
    const gateway = await start(`devices:\n${devices.join('\n')}\n`);
    for (let index = 0; index < 30; index += 1) {
      const id = `press-${index}`;
      const client = await connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
        username: id,
        password: id,
        clientId: id,
        reconnectPeriod: 0,
      });
      clients.push(client);
      const temperature = index === 17 ? 900 : index === 5 ? 130 : 20 + index;
      await client.publishAsync(
        `devices/${id}/telemetry`,
        JSON.stringify({ temperature, speed: 1200 + index }),
        { qos: 1 },
      );
    }
    const page = await open(gateway);
    await page.waitForSelector('text=130 °C');
    expect(await page.locator('#devices > li').count()).toBe(200);
    expect(await page.locator('#devices > li').first().textContent()).toContain('press-17');
    await look(page, 'many');
    await page.fill('#device-filter', 'press-17');
    await page.locator('#devices > li summary').first().click();
    await page.waitForSelector('text=out-of-range');
    // It stays unfolded when the page refreshes itself.
    const before = await page.locator('#freshness').textContent();
    await eventually(
      'the next look',
      async () => (await page.locator('#freshness').textContent()) !== before,
    );
    expect(await page.locator('#devices details[open]').count()).toBe(1);
    await page.locator('#devices-title').scrollIntoViewIfNeeded();
    await look(page, 'one');
    await page.close();
  }, 180_000);

  it('says so where there is nothing yet, and where the cloud is gone', async () => {
    await cloud.stop();
    const gateway = await start('');
    const page = await open(gateway);
    await page.waitForSelector('text=None yet.');
    await eventually('the error of the lines', async () =>
      /fetch failed|ECONNREFUSED/.test((await page.locator('#cloud').textContent()) ?? ''),
    );
    await look(page, 'cloud-gone');
    await page.locator('#configuration').scrollIntoViewIfNeeded();
    await look(page, 'cloud-gone-end');
    await cloud.start();
    await page.close();
  }, 120_000);

  it('shows that a configuration is on trial, and for how long', async () => {
    const gateway = await start('');
    await eventually('the cloud', () => cloud.of('configuration').length > 0);
    cloud.tell({
      type: 'configuration',
      version: 4,
      text: configuration('devices: [{ id: oven-1 }]\n'),
      confirmedBy: 'person',
      confirmWithinSeconds: 600,
    });
    const page = await open(gateway);
    await page.waitForSelector('text=is on trial and is taken back in');
    await page.waitForSelector('text=pushed from the cloud, number 4 there');
    await look(page, 'trial');
    await page.close();
  }, 120_000);
});
