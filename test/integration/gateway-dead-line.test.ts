import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { hasMosquitto, Mosquitto } from '../support/mosquitto.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { describeRequiring } from '../support/requires.ts';
import { connectDevice, sha256, startGatewayHere } from '../support/running-gateway.ts';
import { SparkplugNode } from '../support/sparkplug-node.ts';
import { eventually } from '../support/wait.ts';

vi.setConfig({ testTimeout: 60_000 });

const machines = Array.from({ length: 40 }, (_, number) => `machine-${number}`);
const silent =
  '{ name: silent, version: 1, signal: level, stale: { afterMilliseconds: 5000, severity: MAJOR } }';
const mapped =
  "mappings: [{ topic: 'plant/+machine/level', payload: text, device: '{machine}', values: [{ signal: level, type: number }] }]";
const behindNode = `sparkplug: { nodes: [{ group: Plant, edgeNode: Line, devices: { ${machines.map((id) => `At-${id}: ${id}`).join(', ')} } }] }`;

const configuration = (cloudUrl: string, plantPort: number, what: string) => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
flightRecorder: { enabled: false }
connectors: [{ type: mqtt-client, name: plant, url: 'mqtt://127.0.0.1:${plantPort}', clientId: edge-1, ${what} }]
devices:
  - { id: other, mqttPasswordSha256: ${sha256('secret')}, signals: [{ name: level }], rules: [${silent}] }
${machines.map((id) => `  - { id: ${id}, signals: [{ name: level }], rules: [${silent}] }`).join('\n')}
`;

describeRequiring('a line of forty machines behind another broker', { mosquitto: hasMosquitto }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let cloud: EdgeCloud;
  let plant: Mosquitto;
  let gateway: Gateway | undefined;
  const clients: MqttClient[] = [];
  let alive: NodeJS.Timeout | undefined;

  beforeEach(async () => {
    folder = temporaryFolder();
    cloud = new EdgeCloud();
    await cloud.start();
    plant = new Mosquitto();
    await plant.start();
  });
  afterEach(async () => {
    clearInterval(alive);
    for (const client of clients.splice(0)) {
      client.end(true);
    }
    await gateway?.stop();
    await plant.remove();
    await cloud.stop();
    folder.remove();
  });

  const start = async (what: string) => {
    gateway = await startGatewayHere(folder.path, configuration(cloud.url, plant.port, what), systemClock);
    const other = await connectDevice(gateway, 'other');
    clients.push(other);
    return { gateway, other };
  };
  const atThePlant = async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${plant.port}`, { reconnectPeriod: 0 });
    clients.push(client);
    return client;
  };
  const allHeard = () =>
    eventually('all values', () => cloud.of('reading').filter(({ value }) => value === 7).length === 40);
  const plantConnected = (running: Gateway) =>
    eventually('the connector', () => running.health().connectorsUp.includes('plant'));

  /** The machines fall silent, while a device on the gateway's own broker goes on. */
  async function expectOneAlert(other: MqttClient): Promise<void> {
    alive = setInterval(() => other.publish('devices/other/telemetry', '{"level":1}'), 500);
    const alerts = () => cloud.of('alert');
    await eventually('the children', () => alerts().some(({ childCount }) => childCount === 39), 30_000);
    expect(alerts().filter(({ transition }) => transition === 'raised')).toHaveLength(1);
    expect(alerts().at(-1)?.reason).toContain('plant');
  }

  test('is one alert when it falls silent where a mapping takes machines by pattern', async () => {
    const { gateway: running, other } = await start(mapped);
    await plantConnected(running);
    const client = await atThePlant();
    for (const id of machines) {
      await client.publishAsync(`plant/${id}/level`, '7', { qos: 1 });
    }
    await allHeard();
    await expectOneAlert(other);
  });

  test('is one alert also where it is silent since before the gateway was restarted', async () => {
    const before = await start(mapped);
    await plantConnected(before.gateway);
    const client = await atThePlant();
    for (const id of machines) {
      await client.publishAsync(`plant/${id}/level`, '7', { qos: 1 });
    }
    await allHeard();
    await before.gateway.stop();
    const { other } = await start(mapped);
    await expectOneAlert(other);
  });

  test('is one alert where it is behind a Sparkplug edge node', async () => {
    const { gateway: running, other } = await start(behindNode);
    await plantConnected(running);
    const node = new SparkplugNode('Plant', 'Line');
    const client = await atThePlant();
    await client.publishAsync(node.topic('NBIRTH'), node.nodeBirth());
    for (const id of machines) {
      const birth = node.payload([{ name: 'level', type: 'Int32', value: 7 }]);
      await client.publishAsync(node.topic('DBIRTH', `At-${id}`), birth);
    }
    await allHeard();
    await expectOneAlert(other);
  });
});
