import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { MqttBrokerSettings } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, expect, it } from 'vitest';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { TestAuthority } from '../support/certificates.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

/** Debian's own Python has Debian's paho, whatever else is on the PATH. */
const python = ['/usr/bin/python3', 'python3'].find(hasPaho);
const script = new URL('../support/paho-peer.py', import.meta.url).pathname;
const password = 'secret of press';
const definition = (id: string) => ({
  id,
  mqttPasswordSha256: createHash('sha256').update(password).digest('hex'),
});

function hasPaho(program: string): boolean {
  try {
    execFileSync(program, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

type Answer = Record<string, unknown>;

class PahoDevice {
  readonly answers: Answer[] = [];
  readonly process: ChildProcess;
  errors = '';

  constructor(options: Record<string, unknown>) {
    const all = { username: 'press', password, clientId: 'paho', ...options };
    this.process = spawn(python ?? 'python3', [script, JSON.stringify(all)], { stdio: 'pipe' });
    this.process.stderr?.on('data', (bytes) => {
      this.errors += String(bytes);
    });
    const { stdout } = this.process;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => this.answers.push(JSON.parse(line)));
    }
  }

  tell(step: object): void {
    this.process.stdin?.write(`${JSON.stringify(step)}\n`);
  }

  answer(key: string): Promise<Answer> {
    return eventually(`paho to say ${key}; it said ${this.errors}`, () => {
      const index = this.answers.findIndex((one) => key in one);
      return index < 0 ? undefined : this.answers.splice(index, 1)[0];
    });
  }

  async publish(topic: string, qos: number, more: object): Promise<Answer> {
    this.tell({ publish: topic, qos, ...more });
    return await this.answer('published');
  }
}

describeRequiring(
  'paho, a client that nobody here wrote',
  { 'python3-paho-mqtt': python !== undefined, openssl: hasProgram('openssl') },
  () => {
    let context: RecordingContext;
    let broker: MqttBrokerConnector;
    const devices: PahoDevice[] = [];

    afterEach(async () => {
      for (const device of devices.splice(0)) {
        device.process.kill('SIGKILL');
      }
      await broker.stop();
    });

    async function start(settings: Partial<MqttBrokerSettings> = {}): Promise<void> {
      context = new RecordingContext([definition('press'), definition('lathe')]);
      broker = createMqttBroker({ host: '127.0.0.1', port: 0, ...settings }, context, {
        clock: systemClock,
      });
      await broker.start();
    }

    async function connect(options: Record<string, unknown> = {}): Promise<PahoDevice> {
      const device = new PahoDevice({ port: broker.address()?.port, ...options });
      devices.push(device);
      expect(await device.answer('connected')).toEqual({ connected: 0 });
      return device;
    }

    it('publishes with QoS 0, 1 and 2, each stored once [I8]', async () => {
      await start();
      const device = await connect();
      for (const qos of [0, 1, 2]) {
        const payload = `{"n":${qos}}`;
        expect(await device.publish('devices/press/telemetry', qos, { payload })).toEqual({
          published: true,
        });
      }
      await eventually('all three', () => context.messages.length === 3);
      expect(context.values('press', 'n').map(({ value }) => value)).toEqual([0, 1, 2]);
    });

    it('leaves a retained status and a last will, which counts when it dies', async () => {
      await start();
      const will = { topic: 'devices/press/status', payload: '{"connected":false}', qos: 1, retain: true };
      const device = await connect({ will });
      const payload = '{"connected":true,"bootId":"b1","firmware":"1.2"}';
      const status = await device.publish('devices/press/status', 1, { payload, retain: true });
      expect(status).toEqual({ published: true });
      expect(context.statuses.at(-1)).toMatchObject({ connected: true, bootId: 'b1' });
      device.process.kill('SIGKILL');
      await eventually('the last will', () => context.statuses.at(-1)?.connected === false);
      // What one device retains, no device is ever shown.
      const other = await connect({ username: 'lathe', clientId: 'other' });
      other.tell({ subscribe: 'devices/press/status', qos: 1 });
      expect(await other.answer('subscribed')).toEqual({ subscribed: [128] });
    });

    it('gets its commands and answers them', async () => {
      await start();
      const device = await connect();
      device.tell({ subscribe: 'devices/press/commands/+', qos: 1 });
      expect(await device.answer('subscribed')).toEqual({ subscribed: [1] });
      const id = '01890a5d-ac96-774b-bcce-b302099a8057';
      const delivered = await broker.execute({
        id,
        deviceId: 'press',
        name: 'reboot',
        parameters: {},
        issuedBy: 'somebody',
        issuedAt: 1,
        expiresAt: 4_000_000_000_000,
        idempotency: 'once',
      });
      expect(delivered).toEqual({ status: 'delivered' });
      expect(await device.answer('message')).toMatchObject({ message: `devices/press/commands/${id}` });
      const payload = '{"status":"accepted"}';
      await device.publish(`devices/press/commands/${id}/result`, 1, { payload });
      expect(context.results).toEqual([{ deviceId: 'press', commandId: id, status: 'accepted' }]);
    });

    it('is disconnected at too large a payload, and takes a large one that is allowed', async () => {
      await start({ payloadBytesMax: 100_000 });
      const device = await connect();
      const payload = JSON.stringify({ n: 1, note: 'x'.repeat(4000) });
      expect(await device.publish('devices/press/telemetry', 1, { payload })).toEqual({ published: true });
      device.tell({ publish: 'devices/press/telemetry', qos: 1, bytes: 200_000 });
      await device.answer('disconnected');
      expect(context.reasons).toEqual(['payload-too-large']);
      expect(context.messages).toHaveLength(1);
    });

    it('speaks TLS, and checks who the broker is', async () => {
      const authority = new TestAuthority();
      try {
        const own = authority.sign('broker', '127.0.0.1', 'IP:127.0.0.1');
        await start({ plain: false, tls: { port: 0, ...own } });
        const device = await connect({ port: broker.tlsAddress()?.port, caFile: authority.caFile });
        await device.publish('devices/press/telemetry', 1, { payload: '{"n":1}' });
        expect(context.messages).toHaveLength(1);
      } finally {
        authority.remove();
      }
    });
  },
);
