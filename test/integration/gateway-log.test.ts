import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { freePort } from '../support/mosquitto.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { sha256 } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

const secrets = {
  cloudKey: 'key-of-the-cloud-5f1d',
  devicePassword: 'password-of-press-9a27',
  wrongPassword: 'password-of-nobody-c3e8',
  brokerPassword: 'password-of-plant-71bd',
};

const configuration = (cloudUrl: string, brokerPort: number, more = '') => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
connectors:
  - type: mqtt-client
    name: plant
    url: mqtt://127.0.0.1:${brokerPort}
    clientId: edge-1
    username: edge
    passwordFile: broker-password
    mappings: [{ topic: 'plant/+machine', payload: text, device: '{machine}', values: [{ signal: level }] }]
devices:
  - { id: press-1, mqttPasswordSha256: ${sha256(secrets.devicePassword)} }
${more}`;

test('Each line that a gateway logs is JSON with level, time and message, and none holds a key or a password', async () => {
  const folder = temporaryFolder();
  const cloud = new EdgeCloud();
  cloud.key = secrets.cloudKey;
  await cloud.start();
  const file = join(folder.path, 'gateway.yaml');
  const brokerPort = await freePort();
  writeFileSync(file, configuration(cloud.url, brokerPort));
  writeFileSync(join(folder.path, 'key'), secrets.cloudKey);
  writeFileSync(join(folder.path, 'broker-password'), secrets.brokerPassword);
  const gateway = await GatewayProcess.start(file, { ANDON_LOG_LEVEL: 'debug' });
  const signIn = (password: string) =>
    mqtt.connectAsync(
      `mqtt://127.0.0.1:${gateway.ports.mqtt}`,
      { username: 'press-1', password, clientId: 'press-1', reconnectPeriod: 0 },
      false,
    );
  const logs = (text: string) => eventually(`a line of ${text}`, () => gateway.log.includes(text), 30_000);
  try {
    await expect(signIn(secrets.wrongPassword)).rejects.toThrow();
    const press = await signIn(secrets.devicePassword);
    await press.publishAsync('devices/press-1/telemetry', '{"level":1}', { qos: 1 });
    await press.publishAsync('devices/press-1/telemetry', '{"level"', { qos: 1 });
    await eventually('the reading', () => cloud.of('reading').length === 1);
    // The cloud takes the key no longer, the other broker is not there, and the file is edited wrongly.
    cloud.key = 'another';
    cloud.cutStreams();
    await press.publishAsync('devices/press-1/telemetry', '{"level":2}', { qos: 1 });
    await logs('401');
    await logs('The MQTT client is not connected.');
    writeFileSync(file, configuration(cloud.url, brokerPort, '  - { id: 1 }\n'));
    gateway.child.kill('SIGHUP');
    await logs('gateway.yaml');
    press.end(true);
    expect(await gateway.stop()).toBe(0);
  } finally {
    await gateway.kill();
    await cloud.stop();
    folder.remove();
  }
  const lines = gateway.log.trimEnd().split('\n');
  const records = lines.map((line): unknown => JSON.parse(line));
  expect(records.length).toBeGreaterThan(5);
  for (const record of records) {
    expect(record).toMatchObject({
      level: expect.any(Number),
      time: expect.any(Number),
      msg: expect.stringMatching(/\S/),
    });
  }
  expect(records.at(-1)).toMatchObject({ gateway: 'edge-1', msg: 'the gateway has stopped' });
  for (const secret of [...Object.values(secrets), sha256(secrets.devicePassword)]) {
    expect(gateway.log).not.toContain(secret);
    expect(gateway.log).not.toContain(Buffer.from(secret).toString('base64'));
  }
}, 120_000);
