import type { Command } from '@andon/shared/contracts';
import { expect, test } from 'vitest';
import type { Connector } from '../../gateway/connectors/connector.ts';
import type { ConfiguredConnectors, MqttBrokerConnector } from '../../gateway/connectors/index.ts';
import { attemptCommand, performAction } from '../../gateway/device-access.ts';

type Answer = Awaited<ReturnType<Connector['execute']>>;

/** A connector that writes down what it was asked for, as `name: what`. */
class NotingConnector implements Connector {
  readonly name: string;
  readonly #devices: readonly string[];
  readonly #asked: string[];
  answer: Answer = { status: 'delivered' };

  constructor(name: string, devices: readonly string[], asked: string[]) {
    this.name = name;
    this.#devices = devices;
    this.#asked = asked;
  }

  async start(): Promise<void> {
    this.#asked.push(`${this.name}: start`);
  }

  async stop(): Promise<void> {
    this.#asked.push(`${this.name}: stop`);
  }

  health() {
    return { state: 'connected' as const, detail: '', counters: {} };
  }

  serves(deviceId: string): boolean {
    return this.#devices.includes(deviceId);
  }

  async execute({ name, parameters }: Command): Promise<Answer> {
    this.#asked.push(`${this.name}: execute ${name} ${JSON.stringify(parameters)}`);
    return this.answer;
  }

  async write(deviceId: string, point: string): Promise<void> {
    this.#asked.push(`${this.name}: write ${deviceId} ${point}`);
  }
}

class NotingBroker extends NotingConnector implements MqttBrokerConnector {
  address() {
    return undefined;
  }

  tlsAddress() {
    return undefined;
  }

  refreshDevice(): void {
    throw new Error('nobody refreshes here');
  }

  async publish(topic: string): Promise<void> {
    throw new Error(`nobody publishes ${topic} here`);
  }
}

function plant() {
  const asked: string[] = [];
  const broker = new NotingBroker('broker', ['oven', 'press'], asked);
  const line = new NotingConnector('line', ['oven'], asked);
  const connectors: ConfiguredConnectors = {
    all: [broker, line],
    broker,
    refreshDevice: () => undefined,
  };
  return { asked, line, connectors };
}

const command = (more: Partial<Command>): Command => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId: 'oven',
  name: 'reboot',
  parameters: {},
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 2,
  idempotency: 'once',
  ...more,
});

test('A device on a line is spoken to over its line, though it has MQTT credentials too', async () => {
  const { asked, connectors } = plant();
  await attemptCommand(connectors, command({}));
  await attemptCommand(connectors, command({ deviceId: 'press' }));
  await performAction(connectors, 'press', { type: 'write', deviceId: 'oven', point: 'lamp', value: true });
  expect(asked).toEqual(['line: execute reboot {}', 'broker: execute reboot {}', 'line: write oven lamp']);
  await expect(attemptCommand(connectors, command({ deviceId: 'pump' }))).rejects.toMatchObject({
    code: 'gateway.no-connector',
  });
});

test('A set-point is the write of its point on a line, and a command by MQTT', async () => {
  const { asked, line, connectors } = plant();
  const setPoint = { name: 'set-point', parameters: { point: 'target', value: 200 } };
  expect(await attemptCommand(connectors, command(setPoint))).toEqual({ status: 'succeeded' });
  expect(await attemptCommand(connectors, command({ ...setPoint, deviceId: 'press' }))).toEqual({
    status: 'delivered',
  });
  expect(asked).toEqual([
    'line: execute target {"value":200}',
    'broker: execute set-point {"point":"target","value":200}',
  ]);
  line.answer = { status: 'delivered', reason: 'unconfirmed: nothing was heard' };
  expect(await attemptCommand(connectors, command(setPoint))).toEqual({
    status: 'failed',
    reason: 'unconfirmed: nothing was heard',
  });
  line.answer = { status: 'rejected', reason: 'modbus.not-writable' };
  expect(await attemptCommand(connectors, command(setPoint))).toMatchObject({ status: 'rejected' });
});

test('A set-point is no way around what guards a reboot', async () => {
  const { asked, connectors } = plant();
  const setPoint = command({ name: 'set-point', parameters: { point: 'reboot', value: 1 } });
  expect(await attemptCommand(connectors, setPoint)).toMatchObject({ status: 'rejected' });
  expect(asked).toEqual([]);
});
