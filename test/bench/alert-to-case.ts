/**
 * How long it takes from an alert's arrival at the cloud to its case, at a pace:
 *
 *   node test/bench/alert-to-case.ts [alerts a second: 200] [seconds: 20] [gateways: 20] [devices: 1000]
 *
 * The alerts come one in a post; the policy tries nothing, so that each opens a case at once. The load is a thread of
 * its own, no storm is looked for; cloud and PostgreSQL share the machine with it. The time is from the sending of the post until another
 * connection sees the case committed, looked for every 10 ms, after ten seconds of the
 * same that are not counted. The built-in journeys are stopped; a fifth argument,
 * `journeys`, leaves them on.
 */
import { Worker } from 'node:worker_threads';
import { systemClock } from '@andon/shared/kernel';
import pg from 'pg';
import type { AlertLoad, SentAlerts } from './alert-load.ts';
import { openFleet } from './fleet.ts';

const lookEveryMilliseconds = 10;
const warmUpSeconds = 10;
const [alertsPerSecond = 200, seconds = 20, gateways = 20, devices = 1000] = process.argv
  .slice(2, 6)
  .map(Number);
const withJourneys = process.argv[6] === 'journeys';

const cloud = await openFleet({
  gateways,
  devices,
  category: {
    id: 'fleet',
    name: 'Fleet',
    signals: [{ name: 'temperature', unit: 'Cel' }],
    rules: [],
    commands: [],
    escalationPolicy: { rules: [{ when: {}, remedies: [], otherwise: 'case' }] },
  },
});
// So many alerts at one gateway would be one incident, and open one case.
await cloud.pool.query('update alert_settings set storm_enabled = false');
if (!withJourneys) {
  await stopJourneys();
}

async function stopJourneys(): Promise<void> {
  const headers = { authorization: `Bearer ${cloud.administratorKey}` };
  const found = await fetch(`${cloud.url}/v1/journeys`, { headers });
  const { items } = (await found.json()) as { items: { id: string }[] };
  for (const { id } of items) {
    await fetch(`${cloud.url}/v1/journeys/${id}/stop`, { method: 'POST', headers });
  }
}

/** Sees each case as soon as it is committed. */
const watcher = new pg.Client(cloud.databaseUrl);
await watcher.connect();
const seen = new Map<string, number>();
let watching = true;
const watched = (async () => {
  let newest = new Date(systemClock.now());
  while (watching) {
    // Transactions take longer than half a second here only where all is lost anyway.
    const { rows } = await watcher.query('select alert_id, created_at from cases where created_at >= $1', [
      new Date(newest.getTime() - 500),
    ]);
    const now = systemClock.now();
    for (const { alert_id: alertId, created_at: createdAt } of rows) {
      seen.set(alertId, seen.get(alertId) ?? now);
      newest = createdAt > newest ? createdAt : newest;
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMilliseconds));
  }
})();

const load = { url: cloud.url, gateways: cloud.gateways, devices, alertsPerSecond };

async function post(first: number, duringSeconds: number): Promise<SentAlerts & { drained: number }> {
  const workerData: AlertLoad = { ...load, first, seconds: duringSeconds };
  const worker = new Worker(new URL('./alert-load.ts', import.meta.url), { workerData });
  const answer = await new Promise<SentAlerts>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const lastSent = systemClock.monotonic();
  const isThere = ([alertId]: readonly [string, number]) => seen.has(alertId);
  while (!answer.sent.every(isThere) && systemClock.monotonic() - lastSent < 20_000) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { ...answer, drained: systemClock.monotonic() - lastSent };
}

// A system that runs has a history, by which PostgreSQL plans.
await post(0, warmUpSeconds);
await cloud.pool.query('analyze');
const { sent, failed, drained } = await post(warmUpSeconds * alertsPerSecond, seconds);
watching = false;
await watched;
await watcher.end();

const times = sent
  .map(([alertId, at]) => (seen.get(alertId) ?? Number.POSITIVE_INFINITY) - at)
  .sort((one, other) => one - other);
const share = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
process.stdout.write(
  `${sent.length} alerts at ${alertsPerSecond}/s from ${gateways} gateways (${failed} refused), all cases ${Math.round(drained)} ms after the last\n` +
    `milliseconds from the post to the committed case: median ${share(0.5)}, 95 % ${share(0.95)}, 99 % ${share(0.99)}, longest ${times.at(-1)}\n`,
);
await cloud.close();
