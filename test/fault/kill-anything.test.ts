import type { AlertRule } from '@andon/shared/contracts';
import { afterEach, expect, test } from 'vitest';
import {
  compareLedger,
  expectedOccurrences,
  LedgerDevice,
  moreAcknowledged,
  noDiscrepancies,
  recordedOccurrences,
  storedReadings,
} from '../support/ledger.ts';
import { type House, showLogsOfFailures, startHouse } from '../support/processes.ts';
import { seededRandom } from '../support/seed.ts';
import { openSmsCentrePeer, type SmsCentrePeer } from '../support/sms-centre-peer.ts';
import { createCategory, createCustomer, rebootCommand, registerDevice } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const signal = 'temperature';
/** A lease must run out before a message is known to be unknown. */
const outcomeMilliseconds = 90_000;

function ruleWith(errorCode: number): AlertRule {
  return {
    name: 'overheating',
    version: 1,
    signal,
    limits: {
      hihi: { setpoint: 120, deadband: 2, severity: 'CRITICAL', errorCode },
      hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode },
      lo: { setpoint: 20, deadband: 2, severity: 'MINOR', errorCode },
    },
    chatter: { enabled: false },
  };
}

/** Up and down through the limits: an alert of a device every forty values or so. */
function restless(offset: number): (serial: number) => number {
  return (serial) => {
    const place = (serial + offset) % 80;
    if (place < 4) return 105;
    if (place < 8) return 125;
    if (place < 12) return 110;
    if (place >= 40 && place < 44) return 15;
    return 60;
  };
}

const noisyRule = ruleWith(5);
const faultyRule = ruleWith(42);

let house: House | undefined;
let centre: SmsCentrePeer | undefined;
let devices: LedgerDevice[] = [];

showLogsOfFailures(() => house);
afterEach(async () => {
  for (const device of devices) await device.close();
  await house?.close();
  await centre?.close();
});

async function setUp(
  pressCount: number,
): Promise<{ house: House; noisy: LedgerDevice[]; presses: LedgerDevice[] }> {
  centre = await openSmsCentrePeer();
  const started = await startHouse({ cloudEnvironment: { SMPP_URL: centre.url } });
  house = started;
  const customer = await createCustomer(started);
  await createCategory(started, {
    id: 'noisy',
    name: 'Noisy machines',
    signals: [{ name: signal, unit: 'Cel' }],
    rules: [withoutVersion(noisyRule)],
  });
  await createCategory(started, {
    id: 'press',
    name: 'Presses',
    signals: [{ name: signal, unit: 'Cel' }],
    rules: [withoutVersion(faultyRule)],
    commands: [rebootCommand],
    escalationPolicy: {
      errorCodeAbove: 10,
      remedy: { command: 'reboot', times: 1, expiresInSeconds: 60 },
      verify: { clearForSeconds: 1, withinSeconds: 5 },
      onUnremedied: 'case',
    },
  });
  const noisy: LedgerDevice[] = [];
  for (const [index, deviceId] of ['noisy-1', 'noisy-2', 'noisy-3', 'noisy-4'].entries()) {
    const credentials = await registerDevice(started, customer, { deviceId, categoryId: 'noisy' });
    const shape = restless(index * 17);
    noisy.push(new LedgerDevice({ url: started.gateway.mqttUrl, credentials, signal, perSecond: 42, shape }));
  }
  const presses: LedgerDevice[] = [];
  for (let number = 1; number <= pressCount; number += 1) {
    const device = { deviceId: `press-${number}`, categoryId: 'press' };
    presses.push(
      new LedgerDevice({
        url: started.gateway.mqttUrl,
        credentials: await registerDevice(started, customer, device),
        signal,
        perSecond: 6,
        shape: () => 60,
        answer: { status: 'failed', reason: 'the relay is stuck' },
      }),
    );
  }
  devices = [...noisy, ...presses];
  return { house: started, noisy, presses };
}

function withoutVersion({ version: _, ...rule }: AlertRule): Omit<AlertRule, 'version'> {
  return rule;
}

type Victim = 'gateway' | 'cloud' | 'postgres' | 'cloud and postgres';
const victims: readonly Victim[] = [
  ...(['gateway', 'gateway', 'gateway', 'cloud', 'cloud'] as const),
  ...(['postgres', 'postgres', 'postgres', 'cloud and postgres'] as const),
];

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** Kills it, and brings back what does not come back by itself; meanwhile the devices go on. */
async function strike(house: House, victim: Victim, meanwhile: () => Promise<void>): Promise<void> {
  if (victim === 'gateway') {
    // In the middle of a burst, as the first of its acknowledgements comes: what is acknowledged is kept by then.
    await Promise.any(devices.map((device) => device.burst(40)));
    await house.gateway.kill();
    await house.gateway.start();
    return;
  }
  if (victim === 'postgres') {
    const cloud = house.cloud.program.processId;
    await house.cloud.killPostgres();
    await eventually(
      'the cloud to have started its database again',
      () => house.cloud.postgresProcessId(),
      30_000,
    );
    expect(house.cloud.program.running && house.cloud.program.processId).toBe(cloud);
    return;
  }
  await house.cloud.kill();
  if (victim === 'cloud and postgres') await house.cloud.killPostgres();
  await meanwhile();
  await house.cloud.start();
}

test('[I9] Gateway, cloud and PostgreSQL are killed again and again: what was acknowledged is there once, every alert once, one case and one text message for each fault', async () => {
  const random = seededRandom('kill anything');
  const { house, noisy, presses } = await setUp(6);
  const between = (from: number, to: number) => Math.floor(from + random() * (to - from));
  const order = shuffled(victims, random);
  const healthy = [...presses];
  console.info(`killing ${order.join(', ')}`);

  for (const device of devices) device.run();
  for (const victim of order) {
    await moreAcknowledged(devices, between(200, 1200));
    if (random() < 0.5) noisy[between(0, noisy.length)]?.powerCut();
    // Struck at some point on the way from the alert to the text message.
    healthy.pop()?.reshape(() => 130);
    await moreAcknowledged(devices, between(1, 500));
    await strike(house, victim, () => moreAcknowledged(devices, between(50, 800)));
  }
  await moreAcknowledged(devices, 1000);
  for (const device of devices) await device.stop();
  await house.drained();

  const total = devices.reduce((sum, device) => sum + device.acknowledged.size, 0);
  console.info(`${total} readings were acknowledged`);
  await checkReadings(house);
  await checkAlerts(house, { noisy, presses });
  await checkLanes(house);
  await checkOutcome(house, presses);
}, 300_000);

test('Killed while the SMS centre has the text and has not answered: shown as unknown, and not sent again', async () => {
  const { house, presses } = await setUp(1);
  const killed = Promise.withResolvers<void>();
  if (centre) centre.onSubmit = () => void house.cloud.kill().then(killed.resolve);
  for (const press of presses) {
    press.run();
    press.reshape(() => 130);
  }
  await killed.promise;
  if (centre) centre.onSubmit = (pdu, session) => session.send(pdu.response({ message_id: 'second' }));
  await house.cloud.start();
  const [state] = await checkOutcome(house, presses);
  expect(state).toBe('unknown');
  expect(centre?.texts).toHaveLength(1);
});

test('PostgreSQL is killed as the SMS centre answers: the text is not sent again', async () => {
  const { house, presses } = await setUp(1);
  const killed = Promise.withResolvers<void>();
  if (centre) {
    centre.onSubmit = (pdu, session) => {
      killed.resolve(house.cloud.killPostgres());
      session.send(pdu.response({ message_id: 'first' }));
    };
  }
  for (const press of presses) {
    press.run();
    press.reshape(() => 130);
  }
  await killed.promise;
  const [state] = await checkOutcome(house, presses);
  expect(state).toMatch(/^(sent|unknown)$/);
  expect(centre?.texts).toHaveLength(1);
});

async function checkReadings(house: House): Promise<void> {
  for (const device of devices) {
    const stored = await storedReadings(house, device.id, signal);
    expect(compareLedger(device, stored), device.id).toEqual(noDiscrepancies);
    expect(stored.length).toBeGreaterThanOrEqual(device.acknowledged.size);
  }
}

async function checkAlerts(
  house: House,
  { noisy, presses }: { noisy: LedgerDevice[]; presses: LedgerDevice[] },
): Promise<void> {
  let count = 0;
  for (const device of [...noisy, ...presses]) {
    const rule = presses.includes(device) ? faultyRule : noisyRule;
    const stored = await storedReadings(house, device.id, signal);
    const expected = expectedOccurrences(rule, device.id, stored);
    expect(await recordedOccurrences(house, device.id), device.id).toEqual(expected);
    count += expected.length;
  }
  console.info(`${count} alerts were raised`);
  expect(count).toBeGreaterThan(50);
}

/** One epoch for each lane, acknowledged to its end, without a gap. */
async function checkLanes(house: House): Promise<void> {
  const { body } = await house.api().get(`/v1/gateways/${house.gatewayId}`);
  const { lanes } = await house.gateway.status();
  for (const lane of ['alerts', 'readings']) {
    const here = lanes.find((one: { lane: string }) => one.lane === lane);
    const there = body.lanes.find((one: { lane: string }) => one.lane === lane);
    expect(here).toMatchObject({ queued: 0, evicted: 0, refused: 0 });
    expect(there).toMatchObject({ epoch: here.epoch, acked: here.front - 1 });
  }
  // A busy machine has a backlog, which has a lane of its own.
  expect(await house.query("select lane from gateway_lanes where lane <> 'history' order by lane")).toEqual([
    { lane: 'alerts' },
    { lane: 'readings' },
  ]);
  expect(await house.query('select * from gateway_gaps')).toEqual([]);
}

/**
 * One case for each fault, one message about it, and one text at the SMS centre or none where nobody can know. Gives
 * the states of the messages.
 */
async function checkOutcome(house: House, presses: readonly LedgerDevice[]): Promise<string[]> {
  const cases = await eventually(
    'a case for each fault',
    async () => {
      const { body } = await house.api().get('/v1/cases');
      return body.items.length >= presses.length && body.items;
    },
    outcomeMilliseconds,
  );
  expect(cases.map(({ deviceId }: { deviceId: string }) => deviceId).sort()).toEqual(
    presses.map(({ id }) => id),
  );
  const states: string[] = [];
  for (const { id, number, errorCode, origin } of cases) {
    expect({ errorCode, origin }).toEqual({ errorCode: 42, origin: 'iot' });
    const messages = await eventually(
      `the text message about ${number} to have ended`,
      async () => {
        const { body } = await house.api().get(`/v1/messages?caseId=${id}`);
        const ended = body.items.filter(({ state }: { state: string }) => !/queued|sending/.test(state));
        return ended.length > 0 && ended;
      },
      outcomeMilliseconds,
    );
    expect(messages).toHaveLength(1);
    const texts = centre?.texts.filter(({ text }) => text.includes(number)) ?? [];
    expect(texts.length).toBeLessThanOrEqual(1);
    if (texts.length === 0) expect(messages[0].state).toBe('unknown');
    else expect(messages[0].state).toMatch(/^(sent|unknown)$/);
    states.push(messages[0].state);
  }
  console.info(`the text messages are ${states.join(', ')}; the SMS centre got ${centre?.texts.length}`);
  return states;
}
