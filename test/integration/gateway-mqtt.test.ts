import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestAuthority } from '../support/certificates.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { freePort, hasMosquitto, Mosquitto } from '../support/mosquitto.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

vi.setConfig({ testTimeout: 120_000 });

describeRequiring(
  'a gateway process with MQTT of every kind',
  { mosquitto: hasMosquitto, mosquitto_pub: hasProgram('mosquitto_pub'), openssl: hasProgram('openssl') },
  () => {
    let folder: ReturnType<typeof temporaryFolder>;
    let cloud: EdgeCloud;
    let mosquitto: Mosquitto;
    let authority: TestAuthority;
    let gateway: GatewayProcess | undefined;
    const clients: MqttClient[] = [];

    beforeEach(async () => {
      folder = temporaryFolder();
      authority = new TestAuthority();
      mosquitto = new Mosquitto();
      await mosquitto.start();
      cloud = new EdgeCloud();
      await cloud.start();
      writeFileSync(join(folder.path, 'key'), 'the-key');
    });

    afterEach(async () => {
      for (const client of clients.splice(0)) {
        client.end(true);
      }
      await gateway?.kill();
      await cloud.stop();
      await mosquitto.remove();
      authority.remove();
      folder.remove();
    });

    function configure(more: string): string {
      const file = join(folder.path, 'gateway.yaml');
      writeFileSync(
        file,
        `gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloud.url}, keyFile: key }
statusPage: { port: 0 }
devices: [{ id: press-1, signals: [{ name: count }] }, { id: lathe-1 }]
${more}`,
      );
      return file;
    }

    /** Good values, whichever lane they came by, in no order. */
    const values = (deviceId: string, signal: string) =>
      [...cloud.stored.readings, ...cloud.stored.history].flatMap((record) =>
        record.type === 'reading' &&
        record.deviceId === deviceId &&
        record.signal === signal &&
        typeof record.value === 'number'
          ? [record.value]
          : [],
      );

    it('stores what a foreign broker has once, though it is killed in the middle [I8]', async () => {
      const file = configure(`connectors:
  - type: mqtt-client
    name: plant
    url: mqtt://127.0.0.1:${mosquitto.port}
    clientId: andon-edge-1
    devices: [press-1]
    mappings:
      - topic: plant/+machine/+point
        device: "{machine}"
        values: [{ signal: "{point}", path: v }]
`);
      gateway = await GatewayProcess.start(file);
      const device = await connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, { reconnectPeriod: 0 });
      clients.push(device);
      await eventually('the gateway to listen there', async () => {
        await device.publishAsync('plant/press-1/hello', '{"v":1}', { qos: 1 });
        return values('press-1', 'hello').length > 0;
      });
      const all = [...Array(400).keys()];
      const published = (async () => {
        for (const count of all) {
          await device.publishAsync('plant/press-1/count', `{"v":${count}}`, { qos: 1 });
        }
      })();
      await eventually('some of them', () => values('press-1', 'count').length > 50);
      await gateway.kill();
      await published;
      gateway = await GatewayProcess.start(file);
      await eventually('all of them', () => values('press-1', 'count').length >= all.length, 30_000);
      expect(values('press-1', 'count').toSorted((one, other) => one - other)).toEqual(all);
    });

    it('takes a device by its certificate, on a mapped topic, from files beside its configuration', async () => {
      const broker = authority.sign('broker', '127.0.0.1', 'IP:127.0.0.1,DNS:localhost');
      copyFileSync(broker.certificateFile, join(folder.path, 'broker.pem'));
      copyFileSync(broker.keyFile, join(folder.path, 'broker.key'));
      copyFileSync(authority.caFile, join(folder.path, 'ca.pem'));
      const port = await freePort();
      const file = configure(`mqttBroker:
  host: 127.0.0.1
  plain: false
  tls: { port: ${port}, certificateFile: broker.pem, keyFile: broker.key, clientCaFile: ca.pem }
  mappings:
    - topic: hall/+name/temperature
      payload: text
      device: "{name}"
      values: [{ signal: temperature, type: number }]
`);
      gateway = await GatewayProcess.start(file);
      const { certificateFile, keyFile } = authority.sign('lathe', 'lathe-1');
      const code = await new Promise((resolve) => {
        const certificates = ['--cafile', authority.caFile, '--cert', certificateFile, '--key', keyFile];
        execFile(
          'mosquitto_pub',
          [
            ...['-h', 'localhost', '-p', String(port), ...certificates],
            ...['-q', '1', '-t', 'hall/lathe-1/temperature', '-m', '41.5'],
          ],
          { timeout: 10_000 },
          (error) => resolve(error?.code ?? 0),
        );
      });
      expect(code).toBe(0);
      await eventually('the reading in the cloud', () => values('lathe-1', 'temperature').length === 1);
      expect(values('lathe-1', 'temperature')).toEqual([41.5]);
    });
  },
);
