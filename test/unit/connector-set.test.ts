import type { GatewayConfiguration, ModbusTcpConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, expect, test, vi } from 'vitest';
import { ConnectorSet } from '../../gateway/connectors/connector-set.ts';
import { RecordingContext } from '../support/connector-context.ts';

/** Lines to ports on which nobody answers: they wait, and come back by themselves. */
const line = (name: string, port: number): ModbusTcpConnector => ({
  type: 'modbus-tcp',
  name,
  host: '127.0.0.1',
  port,
  slaves: [
    {
      deviceId: `${name}-device`,
      unitId: 1,
      pollMilliseconds: 1000,
      points: [{ signal: 'speed', table: 'holding-register', address: 1 }],
    },
  ],
});
const configured = (...connectors: ModbusTcpConnector[]): GatewayConfiguration => ({
  gateway: { id: 'edge-1' },
  mqttBroker: { port: 0 },
  connectors,
});
const before = configured(line('first', 1), line('second', 2), line('third', 3));
const after = configured(line('first', 11), line('second', 12), line('third', 3));

let set: ConnectorSet;

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await set.stop();
});

async function started(): Promise<ConnectorSet> {
  set = await ConnectorSet.create(before, new RecordingContext(), { clock: systemClock });
  await set.start();
  return set;
}

function named(name: string) {
  const connector = set.all.find((one) => one.name === name);
  if (!connector) {
    throw new Error(`no connector ${name}`);
  }
  return connector;
}

/** Stops the connector as it should be, and then fails. */
function failingToStop(name: string): ReturnType<typeof named> {
  const connector = named(name);
  const stop = connector.stop.bind(connector);
  vi.spyOn(connector, 'stop').mockImplementation(async () => {
    await stop();
    throw new Error(`${name} did not stop cleanly`);
  });
  return connector;
}

const stoppedOnes = () =>
  set.all.filter((connector) => connector.health().state === 'stopped').map(({ name }) => name);

test('A connector that fails to stop leaves no line dead, also not on the way back', async () => {
  await started();
  const third = named('third');
  failingToStop('second');
  await expect(set.apply(after)).rejects.toThrow('second did not stop cleanly');
  expect(set.all.map(({ name }) => name)).toEqual(['mqtt-broker', 'first', 'second', 'third']);
  expect(stoppedOnes()).toEqual([]);
  expect(named('third')).toBe(third);
  await set.apply(after);

  failingToStop('first');
  failingToStop('second');
  await expect(set.apply(before)).rejects.toThrow('first did not stop cleanly; second did not stop cleanly');
  expect(stoppedOnes()).toEqual([]);
  await set.apply(before);
  expect(named('third')).toBe(third);
});

test('Where a connector fails to stop, all others are stopped, the broker among them', async () => {
  await started();
  failingToStop('second');
  failingToStop('third');
  await expect(set.stop()).rejects.toThrow(/second did not stop cleanly; third did not stop cleanly/);
  expect(stoppedOnes()).toEqual(['mqtt-broker', 'first', 'second', 'third']);
});

test('A connector that never stops is left behind, and the others change as they should', async () => {
  await started();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const hanging = named('second');
  const stop = vi.spyOn(hanging, 'stop').mockReturnValue(new Promise(() => undefined));
  const applied = expect(set.apply(after)).rejects.toThrow('the connector second did not stop within 20 s');
  await vi.advanceTimersByTimeAsync(20_000);
  await applied;
  vi.useRealTimers();
  expect(named('second')).not.toBe(hanging);
  expect(stoppedOnes()).toEqual([]);
  stop.mockRestore();
  await hanging.stop();
});
