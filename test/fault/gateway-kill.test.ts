import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { seededRandom } from '../support/seed.ts';
import { eventually } from '../support/wait.ts';

const kills = 10;
const startedAt = 1_700_000_000_000;
const readingsPerSecond = 200;
/** Every so many readings the temperature goes up, and comes down again half-way to the next time. */
const readingsPerEpisode = 100;

const configuration = `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: CLOUD, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
devices:
  - id: press-1
    mqttPasswordSha256: ${createHash('sha256').update('secret').digest('hex')}
    rules:
      - name: temperature
        version: 1
        signal: temperature
        limits: { hi: { setpoint: 100, deadband: 2, severity: MAJOR, errorCode: 12 } }
        chatter: { enabled: false }
`;

const temperatureOf = (number: number): number =>
  number % readingsPerEpisode < readingsPerEpisode / 2 ? 20 : 120;

/**
 * Publishes numbered readings at a steady rate, in order, each until it is acknowledged. The client sends again what
 * it had sent; what it gave up (`Connection closed` in the callback) never left it, and goes back into the queue.
 */
class Device {
  readonly acknowledged: number[] = [];
  connectionErrors = 0;
  readonly #client: mqtt.MqttClient;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: number[] = [];
  #next = 0;

  constructor(port: number) {
    this.#client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      username: 'press-1',
      password: 'secret',
      clientId: 'press-1',
      clean: false,
      reconnectPeriod: 100,
    });
    // The gateway is dead now and then: that is the point. The client comes back by itself.
    this.#client.on('error', () => {
      this.connectionErrors += 1;
    });
    this.#client.on('connect', () => this.#pump());
    this.#timer = setInterval(() => this.#sample(), 1000 / readingsPerSecond);
  }

  #sample(): void {
    this.#waiting.push(this.#next);
    this.#next += 1;
    this.#pump();
  }

  #pump(): void {
    while (this.#client.connected) {
      const number = this.#waiting.shift();
      if (number === undefined) {
        return;
      }
      this.#publish(number);
    }
  }

  #publish(number: number): void {
    const payload = { ts: startedAt + number, values: { number, temperature: temperatureOf(number) } };
    this.#client.publish('devices/press-1/telemetry', JSON.stringify(payload), { qos: 1 }, (error) => {
      if (error) {
        this.#waiting.push(number);
        this.#waiting.sort((one, other) => one - other);
      } else {
        this.acknowledged.push(number);
      }
    });
  }

  /** Ends on a whole episode, and waits until all is acknowledged. */
  async finish(): Promise<number> {
    clearInterval(this.#timer);
    while (this.#next % readingsPerEpisode !== 1) {
      this.#sample();
    }
    await eventually('all acknowledgements', () => this.acknowledged.length >= this.#next, 60_000);
    await this.#client.endAsync();
    return this.#next;
  }
}

test('Killed ten times while readings and alerts flow, the gateway delivers each acknowledged reading once and each alert once', async () => {
  const random = seededRandom('gateway-kill');
  const folder = temporaryFolder();
  const cloud = new EdgeCloud();
  await cloud.start();
  const file = join(folder.path, 'gateway.yaml');
  writeFileSync(file, configuration.replace('CLOUD', cloud.url));
  writeFileSync(join(folder.path, 'key'), cloud.key);
  let gateway = await GatewayProcess.start(file);
  const environment = { ANDON_MQTT_PORT: String(gateway.ports.mqtt) };
  const device = new Device(gateway.ports.mqtt ?? 0);
  for (let kill = 0; kill < kills; kill += 1) {
    await pause(300 + random() * 1200);
    if (random() < 0.4) {
      cloud.spoil({ kind: 'cut after storing' }, { kind: 'cut before' });
    }
    await gateway.kill();
    gateway = await GatewayProcess.start(file, environment);
  }
  const count = await device.finish();
  expect(device.connectionErrors).toBeGreaterThan(0);
  const delivered = () => cloud.of('reading').filter(({ signal }) => signal === 'number');
  await eventually('all readings in the cloud', () => delivered().length >= count, 60_000);
  expect(await gateway.stop()).toBe(0);
  const numbers = delivered().map(({ value }) => Number(value));
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, n) => n));
  const transitions = cloud
    .of('alert')
    .map(({ alertId, number, transition }) => ({ alertId, number, transition }));
  const episodes = Math.floor(count / readingsPerEpisode);
  expect(new Set(transitions.map(({ alertId, number }) => `${alertId} ${number}`)).size).toBe(
    transitions.length,
  );
  expect(transitions.filter(({ transition }) => transition === 'raised')).toHaveLength(episodes);
  expect(transitions.filter(({ transition }) => transition === 'cleared')).toHaveLength(episodes);
  expect(cloud.of('gap')).toEqual([]);
  await cloud.stop();
  folder.remove();
});
