/**
 * How long `GET /v1/devices/:id/readings` takes, in 300 buckets as a chart asks for them:
 *
 *   node test/bench/device-readings.ts [rounds] [seconds between the readings of the year]
 *
 * Questions to one table: all of a signal with 22,695 readings (one of the public recordings), the last hour of a signal
 * with a million (one each second, for 11.6 days), all of it, and a year of a signal with one every ten seconds (or as
 * many as the second argument says: with 1 it takes some gigabytes and minutes to fill). Each is also held against the
 * bare count of the same readings, so that the machine's mood cancels out. Printed: milliseconds through the door, the
 * median over the rounds; that as a multiple of the bare count; and what the question is answered from.
 */
import { systemClock } from '@andon/shared/kernel';
import { bucketsQuery } from '../../cloud/telemetry/bucket-query.ts';
import { planRange } from '../../cloud/telemetry/range-plan.ts';
import { rollUpBacklog } from '../../cloud/telemetry/roll-up-backlog.ts';
import { median, openBenchCloud } from './bench-cloud.ts';

const rounds = Number(process.argv[2] ?? 15);
const yearStep = Number(process.argv[3] ?? 10);
const begin = Date.UTC(2025, 0, 1);
const million = 1_000_000;
const recording = 22_695;
const hourSeconds = 3_600;
const yearSeconds = 365 * 86_400;

const cloud = await openBenchCloud();

async function fill(signal: string, count: number, step = 1): Promise<number> {
  const { rows } = await cloud.pool.query<{ id: number }>(
    `insert into telemetry_signals (device_id, name, unit) values ('one', $1, 'Cel') returning id`,
    [signal],
  );
  const id = rows[0]?.id ?? 0;
  const client = await cloud.pool.connect();
  await client.query('set statement_timeout = 0');
  await client.query(
    `insert into readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
     select $1, moment, moment, moment, 60 + 10 * sin(second / 900.0), 0, 0, false
     from generate_series(0, $2::int - 1) as second,
       lateral (select $3::timestamptz + second * $4 * interval '1 second' as moment) as at`,
    [id, count, new Date(begin), step],
  );
  await client.query(
    `insert into reading_backlog (signal_id, reading_id_end, summary_id_end)
     values ($1, (select last_value + 1 from readings_number), 1)`,
    [id],
  );
  client.release();
  return id;
}

interface Question {
  readonly name: string;
  readonly signal: string;
  readonly signalId: number;
  readonly from: Date;
  readonly to: Date;
}

async function ask({ signal, from, to }: Question): Promise<void> {
  const query = `signal=${signal}&from=${from.toISOString()}&to=${to.toISOString()}&buckets=300`;
  const response = await fetch(`${cloud.url}/v1/devices/one/readings?${query}`, {
    headers: { authorization: `Bearer ${cloud.administratorKey}` },
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(answer);
  }
}

async function countBare({ signalId, from, to }: Question): Promise<void> {
  await cloud.pool.query(
    'select count(*), max(value) from readings where signal_id = $1 and source_time >= $2 and source_time < $3',
    [signalId, from, to],
  );
}

/** The tables that its plan names, without the numbers of their days. */
async function sourcesOf({ signalId, from, to }: Question): Promise<string> {
  const range = { from: from.getTime(), to: to.getTime(), buckets: 300 };
  const whole = { readingsFrom: undefined, minutesFrom: undefined, isInBacklog: false };
  const query = bucketsQuery(signalId, planRange(range, whole)).compile(cloud.database);
  const { rows } = await cloud.pool.query<{ 'QUERY PLAN': string }>(
    `explain ${query.sql}`,
    query.parameters as unknown[],
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  const tables = [...plan.matchAll(/ on (readings|reading_minutes|reading_hours)_/g)].map(
    ([, table]) => table,
  );
  return [...new Set(tables)].join(', ');
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = systemClock.monotonic();
  await work();
  return systemClock.monotonic() - start;
}

const [small, large, year] = [
  await fill('recording', recording),
  await fill('million', million),
  await fill('year', yearSeconds / yearStep, yearStep),
];
while ((await rollUpBacklog(cloud.database)) > 0) {
  // Slice by slice.
}
await cloud.pool.query('vacuum analyze readings, reading_minutes, reading_hours');
const at = (second: number) => new Date(begin + second * 1000);
const all = (name: string, signal: string, signalId: number, seconds: number): Question => ({
  name,
  signal,
  signalId,
  from: at(0),
  to: at(seconds),
});
const questions: Question[] = [
  all('all of 22,695', 'recording', small, recording),
  { ...all('an hour of 1,000,000', 'million', large, million), from: at(million - hourSeconds) },
  all('all of 1,000,000', 'million', large, million),
  all(`a year of ${(yearSeconds / yearStep).toLocaleString('en')}`, 'year', year, yearSeconds),
  { ...all('a day of that', 'year', year, 86_400), from: at(60), to: at(86_460) },
  { ...all('a year, odd edges', 'year', year, yearSeconds), from: at(12.345), to: at(yearSeconds - 54.321) },
];
for (const question of questions) {
  const door: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds + 1; round += 1) {
    const counting = await milliseconds(() => countBare(question));
    const asking = await milliseconds(() => ask(question));
    if (round > 0) {
      bare.push(counting);
      door.push(asking);
    }
  }
  const multiple = median(door.map((time, index) => time / (bare[index] ?? time)));
  process.stdout.write(
    `${question.name.padEnd(24)} ${median(door).toFixed(1).padStart(8)} ms  ${multiple.toFixed(2).padStart(6)} × the bare count  ${await sourcesOf(question)}\n`,
  );
}
await cloud.close();
