import { topics } from '@andon/shared/contracts';
import mqtt from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import {
  compareLedger,
  expectedOccurrences,
  LedgerDevice,
  noDiscrepancies,
  recordedOccurrences,
  storedReadings,
} from '../support/ledger.ts';
import { type House, showLogsOfFailures, startHouse } from '../support/processes.ts';
import { createCategory, createCustomer, registerDevice } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const backlog = 10_000;
const signal = 'temperature';
const lampTopic = topics.command('press-1', 'warning-lamp');

const rule = {
  name: 'overheating',
  version: 1,
  signal,
  limits: { hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 7 } },
  // Five times in a moment, on purpose.
  chatter: { enabled: false },
  onAlert: { type: 'publish', topic: lampTopic, payload: '{"lamp":true}' },
} as const;

let house: House | undefined;
let device: LedgerDevice | undefined;
let lamp: mqtt.MqttClient | undefined;

showLogsOfFailures(() => house);
afterEach(async () => {
  await device?.close();
  await lamp?.endAsync(true);
  await house?.close();
});

test('[I9] While the cloud is away alerts are raised and the local action is done; then 10,000 readings arrive once and in order, alerts first', async () => {
  const running = await startHouse();
  house = running;
  const { version: _, ...ruleInput } = rule;
  const customer = await createCustomer(running);
  await createCategory(running, {
    id: 'press',
    name: 'Presses',
    signals: [{ name: signal, unit: 'Cel' }],
    rules: [ruleInput],
  });
  const credentials = await registerDevice(running, customer, { deviceId: 'press-1', categoryId: 'press' });
  // Too hot for a moment in every two thousand values, and once more at the very end.
  device = new LedgerDevice({
    url: running.gateway.mqttUrl,
    credentials,
    signal,
    perSecond: 0,
    shape: (serial) => (serial % 2000 === 1000 || serial === backlog - 1 ? 110 : 60),
  });
  const lit: string[] = [];
  lamp = mqtt.connect(running.gateway.mqttUrl, { ...credentials, clientId: 'lamp' });
  lamp.on('message', (topic, payload) => lit.push(`${topic} ${payload.toString()}`));
  await lamp.subscribeAsync(lampTopic, { qos: 1 });

  await running.cloud.kill();
  for (let sent = 0; sent < backlog; sent += 500) {
    for (let index = 0; index < 500; index += 1) device.publish();
    await device.stop();
  }
  const alerts = backlog / 2000 + 1;
  await eventually('the local actions', () => lit.length >= alerts);
  expect(lit).toEqual(Array.from({ length: alerts }, () => `${lampTopic} {"lamp":true}`));
  expect(device.acknowledged.size).toBe(backlog);
  const { lanes, alertCount } = await running.gateway.status();
  const queued = (lane: string) => lanes.find((one: { lane: string }) => one.lane === lane).queued;
  expect(queued('readings')).toBe(backlog);
  expect(queued('alerts')).toBeGreaterThanOrEqual(2 * alerts - 1);
  expect(alertCount).toBe(1);

  await running.cloud.start();
  await eventually(
    'the last alert to be on the record',
    async () => {
      const { body } = await running.api().get('/v1/alerts?deviceId=press-1&state=open');
      return body.items.length === 1;
    },
    60_000,
  );
  await running.drained();

  const stored = await storedReadings(running, 'press-1', signal);
  expect(stored).toHaveLength(backlog);
  expect(compareLedger(device, stored)).toEqual(noDiscrepancies);
  const expected = expectedOccurrences(rule, 'press-1', stored);
  expect(expected).toHaveLength(alerts);
  expect(await recordedOccurrences(running, 'press-1')).toEqual(expected);
  await expectAlertsFirst(running);
  expect(lit).toHaveLength(alerts);
});

/** The last alert was stored while a good part of the readings was still to come. */
async function expectAlertsFirst(house: House): Promise<void> {
  const [before] = await house.query<{ count: number }>(
    `select count(*)::int as count from readings
      where received_at <= (select max(received_at) from alert_transitions)`,
  );
  console.info(`${before?.count} of ${backlog} readings were stored when the last alert was`);
  expect(before?.count).toBeLessThan(backlog / 2);
}
