/**
 * How fast readings are taken in, against the bare insert of the same columns into a table with the same indexes:
 *
 *   node test/bench/uplink-ingest.ts [rounds]
 *
 * All run in turn in one process against one embedded PostgreSQL that syncs its writes, in batches of 1000, one after
 * the other. Three ways: the bare `insert … select from unnest` through pg; the whole door, from the post to its
 * acknowledgement, which also checks each record, advances the lane, finds the devices, moves the latest values and
 * notes activity; and the same with the body gzipped. Printed: readings a second, and each as a share of the bare
 * insert (median over rounds).
 */
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Reading } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { median, openBenchCloud } from './bench-cloud.ts';

const batchesPerRound = 20;
const recordsPerBatch = 1000;
const signals = 20;
const rounds = Number(process.argv[2] ?? 9);

const cloud = await openBenchCloud();
await cloud.pool.query(`
  create table bare_readings (like readings including defaults);
  create index on bare_readings (signal_id, source_time, id)`);

let time = systemClock.now();
function nextBatch(): Reading[] {
  return Array.from({ length: recordsPerBatch }, (_, index) => {
    time += 1;
    return {
      type: 'reading',
      deviceId: index % 2 === 0 ? 'one' : 'two',
      signal: `signal-${index % signals}`,
      value: Math.round(Math.sin(time) * 1e6) / 1e3,
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: time,
      gatewayTime: time,
      clockState: 'SYNCHRONIZED',
      historical: false,
    };
  });
}

async function bareInsert(batch: readonly Reading[]): Promise<void> {
  await cloud.pool.query(
    `insert into bare_readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
     select * from unnest($1::int[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::float8[], $6::smallint[],
       $7::smallint[], $8::boolean[])`,
    [
      batch.map((_, index) => index % signals),
      batch.map((reading) => new Date(reading.sourceTime)),
      batch.map((reading) => new Date(reading.gatewayTime)),
      batch.map((reading) => new Date(reading.gatewayTime)),
      batch.map((reading) => reading.value),
      batch.map(() => 0),
      batch.map(() => 0),
      batch.map((reading) => reading.historical),
    ],
  );
}

const compress = promisify(gzip);
const epoch = randomUUID();
let posted = 0;
async function prepare(batch: readonly Reading[], compressed: boolean): Promise<Buffer> {
  const body = Buffer.from(JSON.stringify({ lane: 'readings', epoch, firstSeq: posted + 1, records: batch }));
  posted += batch.length;
  return compressed ? compress(body) : body;
}

async function post(body: Buffer, compressed: boolean): Promise<void> {
  const response = await fetch(`${cloud.url}/v1/gateway/uplink`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${cloud.gatewayKey}`,
      'content-type': 'application/json',
      ...(compressed ? { 'content-encoding': 'gzip' } : {}),
    },
    body: new Uint8Array(body),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(text);
  }
}

/** Readings a second. What a gateway does (building and compressing) is not counted. */
async function measure<Prepared>(
  prepareOne: (batch: Reading[]) => Promise<Prepared>,
  run: (prepared: Prepared) => Promise<void>,
): Promise<number> {
  const batches: Prepared[] = [];
  for (let index = 0; index < batchesPerRound; index += 1) {
    batches.push(await prepareOne(nextBatch()));
  }
  const start = systemClock.monotonic();
  for (const batch of batches) {
    await run(batch);
  }
  return (batchesPerRound * recordsPerBatch * 1000) / (systemClock.monotonic() - start);
}

const results: Record<string, number[]> = { bare: [], plain: [], gzipped: [] };
for (let round = 0; round < rounds + 1; round += 1) {
  const bare = await measure(async (batch) => batch, bareInsert);
  const plain = await measure(
    (batch) => prepare(batch, false),
    (body) => post(body, false),
  );
  const gzipped = await measure(
    (batch) => prepare(batch, true),
    (body) => post(body, true),
  );
  if (round > 0) {
    results.bare?.push(bare);
    results.plain?.push(plain);
    results.gzipped?.push(gzipped);
  }
}
for (const [name, rates] of Object.entries(results)) {
  const shares = rates.map((rate, index) => rate / (results.bare?.[index] ?? rate));
  process.stdout.write(
    `${name.padEnd(8)} ${Math.round(median(rates)).toString().padStart(8)} readings/s  ${median(shares).toFixed(2)} of the bare insert\n`,
  );
}
await cloud.close();
