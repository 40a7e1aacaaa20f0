/**
 * How fast readings of many gateways at once are taken in, against one bare connection that inserts the same columns:
 *
 *   node test/bench/fleet-ingest.ts [gateways: 200] [devices: 1000] [rounds: 5] [stored alerts: 0] [records in a batch: 1000]
 *
 * In turn in each round, on one embedded PostgreSQL that syncs its writes: one pg connection inserts batches of 1,000
 * by `insert … select from unnest` into a table with the columns and indexes of the readings, one after the other;
 * then all gateways post the same number of readings to the door at once, from a thread of their own (a full door
 * tells some to come back, and they do), each of its next devices, all of which were heard of before. With stored alerts these are filled in by SQL before, one in ten of them
 * active, so that runs with other numbers say whether it stays flat. Printed: readings and messages a second, and the
 * door as a share of the bare insert (median over rounds).
 */
import { Worker } from 'node:worker_threads';
import { systemClock } from '@andon/shared/kernel';
import pg from 'pg';
import { median } from './bench-cloud.ts';
import { openFleet } from './fleet.ts';
import type { ReadingLoad, TakenReadings } from './reading-load.ts';

const [gateways = 200, devices = 1000, rounds = 5, storedAlerts = 0, recordsPerBatch = 1000] = process.argv
  .slice(2)
  .map(Number);
const readingsPerRound = Math.min(200_000, 20_000 * recordsPerBatch);
const bareBatch = 1000;
const devicesPerBatch = Math.min(50, recordsPerBatch, Math.ceil(devices / gateways));
const turnsPerRound = readingsPerRound / recordsPerBatch / gateways;
let turnsBefore = 0;

const cloud = await openFleet({
  gateways,
  devices,
  category: { id: 'fleet', name: 'Fleet', signals: [], rules: [], commands: [] },
});
await fillAlerts();
const bare = new pg.Client(cloud.databaseUrl);
await bare.connect();
await bare.query(`
  create table bare_readings (signal_id integer not null, source_time timestamptz not null,
    id bigint generated always as identity, gateway_time timestamptz not null, received_at timestamptz not null,
    value float8, quality smallint not null, clock_state smallint not null, historical boolean not null);
  create index on bare_readings (signal_id, source_time, id);
  create index on bare_readings using brin (received_at)`);

/** Closed ones of the past mostly, as there are in a cloud that runs for years. */
async function fillAlerts(): Promise<void> {
  if (storedAlerts === 0) {
    return;
  }
  const { rows } = await cloud.pool.query(
    'select account_id, asset_id from devices join assets on assets.id = asset_id limit 1',
  );
  const filler = new pg.Client(cloud.databaseUrl);
  await filler.connect();
  // Ten million rows are quick where references are not looked up one by one, and indexes are made afterwards.
  await filler.query(
    "set session_replication_role = replica; set maintenance_work_mem = '1GB'; set statement_timeout = 0",
  );
  const indexes = await filler.query(
    "select indexname, indexdef from pg_indexes where tablename = 'alerts' and indexname <> 'alerts_pkey'",
  );
  for (const { indexname } of indexes.rows) {
    await filler.query(`drop index ${indexname}`);
  }
  await filler.query(
    `insert into alerts (id, device_id, gateway_id, account_id, asset_id, category_id, rule, rule_version, signal,
       state, severity, quality, reason, peak_state, peak_severity, condition, response, status, raised_at, cleared_at,
       gateway_received_at, historical, transition_count, first_number, current_number, created_at, updated_at)
     select lpad(to_hex(n), 32, '0')::uuid, 'device-' || (n % $2), 'fleet-' || (n % $2 % $3), $4, $5, 'fleet', 'rule-' || n, 1,
       'temperature', 'HI', 'MAJOR', 'GOOD', 'too hot', 'HI', 'MAJOR',
       case when n % 10 = 0 then 'active' else 'cleared' end, 'unacknowledged',
       case when n % 10 = 0 then 'active' else 'inactive' end, now() - n * interval '1 second',
       case when n % 10 = 0 then null else now() end, now(), false, 2, 1, 2, now(), now()
     from generate_series(1, $1::bigint) as n`,
    [storedAlerts, devices, gateways, rows[0].account_id, rows[0].asset_id],
  );
  for (const { indexdef } of indexes.rows) {
    await filler.query(indexdef);
  }
  await filler.query('vacuum analyze alerts');
  await filler.query('checkpoint');
  await filler.end();
}

async function insertBare(): Promise<number> {
  const began = systemClock.monotonic();
  for (let batch = 0; batch < readingsPerRound / bareBatch; batch += 1) {
    const time = systemClock.now();
    const numbers = Array.from({ length: bareBatch }, (_, index) => index);
    const times = numbers.map((index) => new Date(time + index));
    await bare.query(
      `insert into bare_readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
       select * from unnest($1::int[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::float8[],
         $6::smallint[], $7::smallint[], $8::boolean[])`,
      [
        numbers.map((index) => (batch * 7 + index) % 10_000),
        times,
        times,
        times.map(() => new Date(time)),
        numbers.map((index) => Math.round(Math.sin(index + time) * 1e6) / 1e3),
        numbers.map(() => 0),
        numbers.map(() => 0),
        numbers.map(() => false),
      ],
    );
  }
  return (readingsPerRound * 1000) / (systemClock.monotonic() - began);
}

async function postAll(): Promise<TakenReadings> {
  const load: ReadingLoad = {
    url: cloud.url,
    gateways: cloud.gateways,
    devices,
    recordsPerBatch,
    devicesPerBatch,
    batches: readingsPerRound / recordsPerBatch,
    turnsBefore,
  };
  turnsBefore += Math.ceil(turnsPerRound);
  const worker = new Worker(new URL('./reading-load.ts', import.meta.url), { workerData: load });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const bareRates: number[] = [];
const doorRates: number[] = [];
let deferred = 0;
const roundsToHearOfAll = Math.ceil(devices / gateways / devicesPerBatch / Math.ceil(turnsPerRound));
for (let round = 0; round < roundsToHearOfAll; round += 1) {
  await postAll();
}
await insertBare();
await cloud.pool.query('vacuum analyze');
for (let round = 0; round < rounds; round += 1) {
  const bareRate = await insertBare();
  const door = await postAll();
  bareRates.push(bareRate);
  doorRates.push((door.taken * 1000) / door.milliseconds);
  deferred += door.deferred;
}
const shares = doorRates.map((rate, index) => rate / (bareRates[index] ?? rate));
process.stdout.write(
  `${gateways} gateways, ${devices} devices, ${storedAlerts} stored alerts, ${recordsPerBatch} records in a batch\n` +
    `bare ${Math.round(median(bareRates))} readings/s\n` +
    `door ${Math.round(median(doorRates))} readings/s in ${Math.round(median(doorRates) / recordsPerBatch)} messages/s, ` +
    `${median(shares).toFixed(2)} of the bare insert (${shares.map((share) => share.toFixed(2)).join(' ')}); ` +
    `told to come back ${deferred} times\n`,
);
await bare.end();
await cloud.close();
