/**
 * A day without the cloud, and its end:
 *
 *   node test/bench/outage.ts [hours] [readings a second] [budget in MiB]
 *
 * First the outage: simulated time, but the real outbox on a real disk, one transaction for each simulated second, an alert
 * raised and one cleared every half minute. Then the cloud is there again (a process of its own that takes what the uplink
 * sends, counts it and acknowledges; it stores nothing): the uplink's three lanes empty the outbox in real time, while live
 * readings go on at the same rate. Then the live readings alone, to compare.
 *
 * Printed: room taken, what was thinned and dropped, whether every alert arrived, records drained a second, and how long
 * live readings take from their commit to the cloud, with the backlog beside them and without.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertTransition, Lane, Reading } from '@andon/shared/contracts';
import { type Clock, systemClock, uuidv7Source } from '@andon/shared/kernel';
import { laneNames, Outbox } from '../../gateway/outbox/index.ts';
import { CloudClient, UplinkLane } from '../../gateway/uplink/index.ts';
import { percentiles } from './ingest/load.ts';

const [hours = 24, rate = 500, budgetMebibytes = 256] = process.argv.slice(2).map(Number);
const secondsPerAlert = 30;
const liveSeconds = 20;
const drainSecondsMax = 1800;
/** As often as the gateway would in some hours. */
const reclaimRounds = 500;
const startOfOutage = Date.UTC(2026, 0, 1);

/** Simulated until the outage is over, and then as fast as any clock. */
class OutageClock implements Clock {
  #simulated: number | undefined = startOfOutage;
  #realSince = 0;

  advance(milliseconds: number): void {
    this.#simulated = this.now() + milliseconds;
  }

  beReal(): void {
    this.#realSince = systemClock.monotonic() - this.now();
    this.#simulated = undefined;
  }

  now(): number {
    return this.#simulated ?? systemClock.monotonic() - this.#realSince;
  }

  monotonic(): number {
    return this.now();
  }
}

export interface CloudCounts {
  readonly records: Record<Lane, number>;
  readonly alertIds: number;
  readonly gaps: number;
  /** Milliseconds from the time of each live reading to its arrival, by the clock of the one that asks. */
  readonly latencies: number[];
}

const readingOf = (index: number, at: number): Reading => ({
  type: 'reading',
  deviceId: `machine-${index % 50}`,
  signal: `signal-${Math.floor(index / 50)}`,
  value: Math.round(Math.sin(at / 60_000 + index) * 1000) / 10,
  quality: 'GOOD',
  sourceTime: at,
  gatewayTime: at,
  clockState: 'SYNCHRONIZED',
  historical: false,
});

const alertOf = (alertId: string, transition: 'raised' | 'cleared', at: number): AlertTransition => ({
  type: 'alert',
  alertId,
  number: transition === 'raised' ? 1 : 2,
  transition,
  deviceId: 'machine-1',
  rule: 'temperature',
  ruleVersion: 1,
  signal: 'signal-1',
  state: 'HI',
  severity: 'MAJOR',
  value: transition === 'raised' ? 101 : 94,
  quality: 'GOOD',
  sourceTime: at,
  gatewayTime: at,
  historical: false,
  reason: 'simulated',
});

/** What is committed for one second. */
function second(outbox: Outbox, at: number): Promise<void> {
  return outbox.commit((append) => {
    for (let index = 0; index < rate; index += 1) {
      append('readings', readingOf(index, at));
    }
  });
}

async function fill(outbox: Outbox, clock: OutageClock, newId: () => string): Promise<number> {
  let alerts = 0;
  for (let seconds = 0; seconds < hours * 3600; seconds += 1) {
    clock.advance(1000);
    if (seconds % secondsPerAlert === 0) {
      const alertId = newId();
      alerts += 1;
      await outbox.commit((append) => {
        append('alerts', alertOf(alertId, 'raised', clock.now()));
        append('alerts', alertOf(alertId, 'cleared', clock.now()));
      });
    }
    await second(outbox, clock.now());
    if (seconds % 60 === 0) {
      outbox.reclaimSpace();
    }
  }
  return alerts;
}

/** Live readings as they come, a hundredth of a second at a time. Gives a function that ends them. */
function goOnLive(outbox: Outbox, clock: OutageClock): () => Promise<void> {
  let committed = Promise.resolve();
  let index = 0;
  const timer = setInterval(() => {
    const at = clock.now();
    committed = outbox.commit((append) => {
      for (let count = 0; count < rate / 100; count += 1) {
        append('readings', readingOf(index, Math.floor(at)));
        index = (index + 1) % rate;
      }
    });
  }, 10);
  return async () => {
    clearInterval(timer);
    await committed;
  };
}

const ask = (cloud: ChildProcess, message: object): Promise<CloudCounts> =>
  new Promise((resolve) => {
    cloud.once('message', (answer: CloudCounts) => resolve(answer));
    cloud.send(message);
  });

async function startCloud(): Promise<{ cloud: ChildProcess; port: number }> {
  const cloud = fork(new URL('outage-cloud.ts', import.meta.url).pathname, { execArgv: [] });
  const port = await new Promise<number>((resolve) =>
    cloud.once('message', (message) => resolve(Number(message))),
  );
  return { cloud, port };
}

const queued = (outbox: Outbox, lanes: readonly Lane[]): number =>
  lanes.reduce((sum, lane) => sum + outbox.status(lane).queued, 0);

async function emptied(outbox: Outbox, lanes: readonly Lane[]): Promise<void> {
  const giveUpAt = systemClock.monotonic() + drainSecondsMax * 1000;
  while (queued(outbox, lanes) > rate && systemClock.monotonic() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const line = (name: string, value: string): boolean => process.stdout.write(`${name.padEnd(52)} ${value}\n`);
const mebibytes = (file: string): string => (statSync(file).size / 1024 ** 2).toFixed(0);
const tails = (latencies: readonly number[]): string => {
  const { p50, p95, p99 } = percentiles(latencies);
  return [p50, p95, p99].map((value) => value.toFixed(0)).join(' / ');
};

async function main(folder: string): Promise<void> {
  const clock = new OutageClock();
  const newId = uuidv7Source();
  const file = join(folder, 'outbox.sqlite');
  const outbox = new Outbox({ file, bytesMax: budgetMebibytes * 1024 ** 2, clock, newId });
  let slowest = 0;
  outbox.onCommit((_commits, milliseconds) => {
    slowest = Math.max(slowest, milliseconds);
  });
  const startedAt = systemClock.monotonic();
  const alerts = await fill(outbox, clock, newId);
  const taken = (systemClock.monotonic() - startedAt) / 1000;
  const backlog = queued(outbox, laneNames);
  const { thinned, evicted } = outbox.losses('readings');
  line(`outage of ${hours} h at ${rate} readings a second`, `${taken.toFixed(0)} s to simulate`);
  line('MiB of the file, of the budget', `${mebibytes(file)}, ${budgetMebibytes}`);
  line('readings thinned, dropped; records that wait', `${thinned}, ${evicted}; ${backlog}`);

  const { cloud, port } = await startCloud();
  writeFileSync(join(folder, 'key'), 'bench', { mode: 0o600 });
  const client = new CloudClient({ url: `http://127.0.0.1:${port}`, keyFile: join(folder, 'key') });
  clock.beReal();
  await ask(cloud, { ahead: clock.now() - systemClock.now() });
  const lanes = laneNames.map(
    (lane) =>
      new UplinkLane({
        lane,
        outbox,
        client,
        clock,
        jitter: () => 0.5,
        ...(lane === 'readings' && { demote: () => outbox.demote() }),
      }),
  );
  const stopLive = goOnLive(outbox, clock);
  const drainFrom = systemClock.monotonic();
  for (const lane of lanes) {
    lane.start();
  }
  await emptied(outbox, ['alerts', 'history', 'readings']);
  const drainSeconds = (systemClock.monotonic() - drainFrom) / 1000;
  const during = await ask(cloud, { ahead: clock.now() - systemClock.now() });
  await new Promise((resolve) => setTimeout(resolve, liveSeconds * 1000));
  await stopLive();
  await emptied(outbox, laneNames);
  const alone = await ask(cloud, { ahead: clock.now() - systemClock.now() });
  for (let round = 0; round < reclaimRounds; round += 1) {
    outbox.reclaimSpace();
  }
  const drained = during.records.history + during.records.alerts + during.records.readings;
  line(
    'records drained a second',
    `${(drained / drainSeconds).toFixed(0)} (${drained} in ${drainSeconds.toFixed(1)} s)`,
  );
  line('alerts raised, arrived; gap records', `${alerts}, ${during.alertIds}; ${during.gaps}`);
  line('live beside the backlog, ms p50 / p95 / p99', tails(during.latencies));
  line('live alone, ms p50 / p95 / p99', tails(alone.latencies));
  line('slowest transaction, ms', slowest.toFixed(0));
  for (const lane of lanes) {
    await lane.stop();
  }
  outbox.close();
  line('MiB of the file at the end', mebibytes(file));
  cloud.kill();
}

const folder = mkdtempSync(join(tmpdir(), 'andon-outage-'));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true });
}
