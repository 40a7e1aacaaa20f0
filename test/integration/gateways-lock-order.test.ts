import type { UplinkRecord } from '@andon/shared/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Alerts, createAlerts } from '../../cloud/alerts/index.ts';
import { createAssets } from '../../cloud/assets/index.ts';
import { createDevices, type Devices } from '../../cloud/devices/index.ts';
import { createGateways } from '../../cloud/gateways/index.ts';
import { storeBatches } from '../../cloud/gateways/uplink.ts';
import { createSubscriber, orderEvents, type Subscription } from '../../cloud/platform/index.ts';
import { alertTransition, numberedId } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

/** A fleet that is back at once: posts of many gateways are stored together while subscribers hear that they are here. */
let cloud: TestApp;
let devices: Devices;
let alerts: Alerts;
const gatewayIds = ['lock-a', 'lock-m', 'lock-z'];
const deviceOf = (gatewayId: string): string => `press-of-${gatewayId}`;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  const { platform } = cloud;
  const gateways = createGateways(platform, { clientCertificates: false });
  devices = createDevices(platform, { assets: createAssets(platform), gateways });
  alerts = createAlerts(platform, { devices, gateways });
  for (const gatewayId of gatewayIds) {
    await registerDevice(cloud, await enrolGateway(cloud, gatewayId), deviceOf(gatewayId));
  }
});
afterAll(() => cloud.close());

function subscriptionOf(all: readonly Subscription[] | undefined, name: string): Subscription {
  const subscription = all?.find((one) => one.name === name);
  if (subscription === undefined) {
    throw new Error(`there is no subscription ${name}`);
  }
  return subscription;
}

const waiting = (count: number) =>
  eventually(`${count} to wait for a lock`, async () => {
    const { rowCount } = await cloud.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount === count;
  });

const connectionChanged = async (gatewayId: string, connected: boolean) => {
  await cloud.pool.query('update gateways set connected = $2 where id = $1', [gatewayId, connected]);
  await cloud.emit({
    type: 'gateway.connection-changed',
    key: gatewayId,
    payload: { gatewayId, connected },
  });
};

/**
 * The posts of three gateways come to rest before the second lock that they need, as somebody else holds that; then the
 * subscriber hears of the third and the first gateway.
 */
async function meet(parts: {
  /** Takes the lock of the second gateway. */
  hold: { text: string; values: unknown[] };
  subscription: Subscription;
  records: (gatewayId: string) => UplinkRecord[];
}): Promise<(number | object)[]> {
  const { platform } = cloud;
  const subscriber = createSubscriber(platform.database, parts.subscription, platform.clock, (error) => {
    throw error;
  });
  const other = await cloud.pool.connect();
  try {
    await other.query('begin');
    await other.query(parts.hold);
    const stored = storeBatches(
      platform,
      [...devices.uplinkHandlers, alerts.uplink],
      'alerts',
      gatewayIds.map((gatewayId) => ({
        gatewayId,
        batch: { lane: 'alerts', epoch: platform.newId(), firstSeq: 1, records: parts.records(gatewayId) },
      })),
    );
    await waiting(1);
    await orderEvents(platform.database);
    const advanced = subscriber.advance();
    const outcome = Promise.all([stored, advanced]);
    outcome.catch(() => undefined);
    await waiting(2);
    await other.query('rollback');
    const [acked, progress] = await outcome;
    expect(progress).toBe('caught-up');
    return acked;
  } finally {
    other.release();
  }
}

test('hearing that gateways are back never waits crosswise with words on their devices [I3]', async () => {
  await cloud.pool.query('update devices set reported_connected = true, connected = false');
  await connectionChanged('lock-z', true);
  await connectionChanged('lock-a', true);
  const at = cloud.clock.now();
  const acked = await meet({
    hold: { text: 'select from devices where id = $1 for update', values: [deviceOf('lock-m')] },
    subscription: subscriptionOf(devices.subscriptions, 'devices.gateway-connection'),
    records: (gatewayId) => [{ type: 'device-status', deviceId: deviceOf(gatewayId), connected: true, at }],
  });
  expect(acked).toEqual([1, 1, 1]);
  const { rows } = await cloud.pool.query('select connected from devices order by id');
  expect(rows).toEqual([{ connected: true }, { connected: true }, { connected: true }]);
});

test('ending the alerts of gateways that are back never waits crosswise with alerts of their devices [I5]', async () => {
  const { rows } = await cloud.pool.query<{ id: string }>(
    `select id from unnest($1::text[]) as id order by hashtextextended('alerts/' || id, 0)`,
    [gatewayIds],
  );
  const [first = '', second, third = ''] = rows.map(({ id }) => id);
  const subscription = subscriptionOf(alerts.subscriptions, 'alerts.gateway-absences');
  const subscriber = createSubscriber(cloud.database, subscription, cloud.clock, (error) => {
    throw error;
  });
  for (const gatewayId of [first, third]) {
    await connectionChanged(gatewayId, false);
  }
  await orderEvents(cloud.database);
  await subscriber.advance();
  cloud.clock.advance(3_600_000);
  const outages = alerts.tasks?.find(({ name }) => name === 'alerts.outages');
  while (((await outages?.run()) ?? 0) > 0);
  for (const gatewayId of [third, first]) {
    await connectionChanged(gatewayId, true);
  }
  const acked = await meet({
    hold: {
      text: `select pg_advisory_xact_lock(hashtextextended('alerts/' || $1::text, 0))`,
      values: [second],
    },
    subscription,
    records: (gatewayId) => [
      alertTransition({
        deviceId: deviceOf(gatewayId),
        alertId: numberedId(1 + gatewayIds.indexOf(gatewayId)),
        sourceTime: cloud.clock.now(),
        gatewayTime: cloud.clock.now(),
      }),
    ],
  });
  expect(acked).toEqual([1, 1, 1]);
  const ended = await cloud.pool.query(
    `select gateway_id, condition from alerts where source = 'gateway' order by gateway_id`,
  );
  expect(ended.rows).toEqual(
    [first, third].sort().map((gateway_id) => ({ gateway_id, condition: 'cleared' })),
  );
});
