import { createHash } from 'node:crypto';
import type { SparkplugSettings } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { createMqttClientConnector } from '../../gateway/connectors/mqtt-client/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { hasMosquitto, Mosquitto } from '../support/mosquitto.ts';
import { describeRequiring } from '../support/requires.ts';
import { decodePayload, SparkplugNode } from '../support/sparkplug-node.ts';
import { eventually } from '../support/wait.ts';

const sparkplug: SparkplugSettings = {
  hostId: 'andon',
  nodes: [
    {
      group: 'Plant',
      edgeNode: 'Line 3',
      deviceId: 'line-3',
      devices: { Press: 'press' },
      writable: ['Speed'],
    },
  ],
};
const setPoint = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId: 'press',
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 4_000_000_000_000,
  idempotency: 'idempotent' as const,
};

let context: RecordingContext;
let connector: Connector;
let mosquitto: Mosquitto | undefined;
const clients: MqttClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
  await connector.stop();
  await mosquitto?.remove();
});

/** An edge node on a broker: real MQTT, the codec of Eclipse Tahu, and the manners of the specification. */
class LiveNode extends SparkplugNode {
  readonly commands: { topic: string; metrics: unknown }[] = [];
  readonly states: string[] = [];
  client: MqttClient | undefined;

  async connect(port: number, options: IClientOptions = {}): Promise<void> {
    this.client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      reconnectPeriod: 0,
      will: { topic: this.topic('NDEATH'), payload: this.nodeDeath(), qos: 1, retain: false },
      ...options,
    });
    this.client.on('error', () => undefined);
    clients.push(this.client);
    this.client.on('message', (topic, payload) => {
      if (topic.startsWith('spBv1.0/STATE/')) {
        this.states.push(String(payload));
      } else {
        this.commands.push({ topic, metrics: decodePayload(payload).metrics });
      }
    });
    await this.client.subscribeAsync([this.topic('NCMD'), `${this.topic('DCMD')}/#`, 'spBv1.0/STATE/andon'], {
      qos: 1,
    });
  }

  async say(type: string, payload: Buffer, device?: string): Promise<void> {
    await this.client?.publishAsync(this.topic(type, device), payload, { qos: 0 });
  }

  async beBorn(): Promise<void> {
    await this.say('NBIRTH', this.nodeBirth());
    const metrics = [{ name: 'Speed', alias: 10, type: 'Int32' as const, value: 5 }];
    await this.say('DBIRTH', this.payload(metrics), 'Press');
  }

  async sayAlias(value: number): Promise<void> {
    await this.say('DDATA', this.payload([{ alias: 10, type: 'Int32', value }] as never), 'Press');
  }
}

const speeds = () => context.values('press', 'Speed').map(({ value }) => value);
const rebirths = (node: LiveNode) => node.commands.filter(({ topic }) => topic.includes('/NCMD/')).length;

function makeContext(): void {
  context = new RecordingContext([
    { id: 'line-3', mqttPasswordSha256: createHash('sha256').update('secret').digest('hex') },
    { id: 'press' },
    { id: 'other', mqttPasswordSha256: createHash('sha256').update('secret').digest('hex') },
  ]);
}

describe("a Sparkplug edge node on the gateway's broker", () => {
  let broker: MqttBrokerConnector;
  const port = () => broker.address()?.port ?? 0;
  const own: IClientOptions = { username: 'line-3', password: 'secret' };

  async function start(): Promise<LiveNode> {
    makeContext();
    broker = createMqttBroker({ host: '127.0.0.1', port: 0, sparkplug }, context, { clock: systemClock });
    connector = broker;
    await broker.start();
    const node = new LiveNode('Plant', 'Line 3');
    await node.connect(port(), own);
    return node;
  }

  it('is born, speaks by alias, is asked for its birth after a gap, and dies by its will [I8]', async () => {
    const node = await start();
    await eventually('the host to be online', () => node.states.length === 1);
    expect(JSON.parse(node.states[0] ?? '')).toMatchObject({ online: true });
    await node.beBorn();
    await node.sayAlias(6);
    await eventually('the values', () => speeds().length === 2);
    node.skip();
    await node.sayAlias(7);
    await eventually('the request', () => rebirths(node) === 1);
    expect(node.commands[0]?.metrics).toMatchObject([{ name: 'Node Control/Rebirth', value: true }]);
    await node.beBorn();
    await node.sayAlias(8);
    await eventually('the values after it', () => speeds().length === 4);
    expect(speeds()).toEqual([5, 6, 5, 8]);
    node.client?.stream.destroy();
    await eventually('the death', () => speeds().length === 5);
    expect(context.values('press', 'Speed')[4]).toMatchObject({
      value: null,
      badReason: 'sparkplug-node-death',
    });
    expect(context.statuses).toContainEqual({
      deviceId: 'press',
      connected: false,
      reason: 'sparkplug-node-death',
    });
  });

  it('is commanded, and nobody else may speak or listen for it', async () => {
    const node = await start();
    await node.beBorn();
    await eventually('the birth', () => broker.serves('press'));
    const parameters = { point: 'Speed', value: 9 };
    expect(await broker.execute({ ...setPoint, name: 'set-point', parameters })).toEqual({
      status: 'succeeded',
    });
    await broker.write('press', 'Speed', 10);
    await eventually('both', () => node.commands.length === 2);
    expect(node.commands).toMatchObject([
      { topic: 'spBv1.0/Plant/DCMD/Line 3/Press', metrics: [{ value: 9, type: 'Int32' }] },
      { topic: 'spBv1.0/Plant/DCMD/Line 3/Press', metrics: [{ value: 10 }] },
    ]);
    await expect(broker.write('press', 'Load', 1)).rejects.toMatchObject({
      code: 'mqtt-broker.sparkplug-not-writable',
    });
    const stranger = new LiveNode('Plant', 'Line 3');
    await expect(stranger.connect(port(), { username: 'other', password: 'secret' })).rejects.toThrow();
    expect(context.reasons).toContain('will-topic-not-allowed');
  });

  it('speaks for no device that its configuration does not name, and gets no command for it', async () => {
    const node = await start();
    await node.beBorn();
    const metrics = [{ name: 'Speed', alias: 20, type: 'Int32' as const, value: 1 }];
    await node.say('DBIRTH', node.payload(metrics), 'other');
    await eventually('the refusal', () => context.reasons.includes('sparkplug-device-not-listed'));
    expect([
      context.values('other', 'Speed'),
      context.statuses.some(({ deviceId }) => deviceId === 'other'),
    ]).toEqual([[], false]);
    const parameters = { point: 'Speed', value: 9 };
    await expect(
      broker.execute({ ...setPoint, deviceId: 'other', name: 'set-point', parameters }),
    ).rejects.toThrow();
    expect(node.commands).toEqual([]);
  });
});

describeRequiring('a Sparkplug edge node on a mosquitto', { mosquitto: hasMosquitto }, () => {
  it('is followed by the MQTT client, also through a restart of the broker [I8]', async () => {
    mosquitto = new Mosquitto();
    await mosquitto.start();
    const node = new LiveNode('Plant', 'Line 3');
    await node.connect(mosquitto.port);
    makeContext();
    connector = createMqttClientConnector(
      {
        type: 'mqtt-client',
        name: 'plant',
        url: `mqtt://127.0.0.1:${mosquitto.port}`,
        clientId: 'andon',
        sparkplug,
      },
      context,
      { clock: systemClock, jitter: () => 0 },
    );
    await connector.start();
    await eventually('the question for births', () => rebirths(node) === 1);
    expect(JSON.parse(node.states.at(-1) ?? '')).toMatchObject({ online: true });
    await node.beBorn();
    await node.sayAlias(6);
    await eventually('the values', () => speeds().length === 2);
    const order = { ...setPoint, name: 'Speed', parameters: { value: 11 } };
    expect(await connector.execute(order)).toEqual({ status: 'delivered' });
    await node.say('DBIRTH', node.payload([{ name: 'Speed', type: 'Int32', value: 1 }]), 'other');
    await eventually('the refusal', () => context.reasons.includes('sparkplug-device-not-listed'));
    expect([connector.serves('press'), connector.serves('other')]).toEqual([true, false]);
    await eventually('the command', () => node.commands.length === 2);
    expect(node.commands[1]).toMatchObject({ metrics: [{ value: 11, type: 'Int32' }] });
    await mosquitto.stop();
    // A broker that ends in peace may publish the node's will before it goes.
    const isUnreachable = () => context.values('press', 'Speed').at(-1)?.badReason === 'broker-unreachable';
    await eventually('the bad value', isUnreachable);
    await mosquitto.start();
    node.birthDeathSequence = 1;
    await node.connect(mosquitto.port);
    await eventually('the question after it', () => rebirths(node) >= 2, 15_000);
    await node.beBorn();
    await eventually('the value after it', () => speeds().at(-1) === 5);
    expect(speeds().filter((value) => value !== null)).toEqual([5, 6, 5]);
    await connector.stop();
    await eventually('the host to be offline', () => (node.states.at(-1) ?? '').includes('"online":false'));
  });
});
