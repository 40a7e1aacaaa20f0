/**
 * How long `GET /v1/devices/:id/readings` takes, in 300 buckets as a chart asks for them:
 *
 *   node test/bench/device-readings.ts [rounds]
 *
 * Three questions to one table: all of a signal with 22,695 readings (one of the public recordings), the last hour of
 * a signal with a million (one each second, for 11.6 days), and all of it. Each is also held against the bare count of
 * the same rows, so that the machine's mood cancels out. Printed: milliseconds through the door, the median over the
 * rounds; that as a multiple of the bare count; and the index that PostgreSQL goes by.
 */
import { systemClock } from '@andon/shared/kernel';
import { median, openBenchCloud } from './bench-cloud.ts';

const rounds = Number(process.argv[2] ?? 15);
const begin = Date.UTC(2026, 0, 1);
const million = 1_000_000;
const recording = 22_695;
const hourSeconds = 3_600;

const cloud = await openBenchCloud();

async function fill(device: string, count: number): Promise<number> {
  const { rows } = await cloud.pool.query<{ id: number }>(
    `insert into telemetry_signals (device_id, name, unit) values ($1, 'temperature', 'Cel') returning id`,
    [device],
  );
  const id = rows[0]?.id ?? 0;
  await cloud.pool.query(
    `insert into readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
     select $1, moment, moment, moment, 60 + 10 * sin(second / 900.0), 0, 0, false
     from generate_series(0, $2::int - 1) as second,
       lateral (select $3::timestamptz + second * interval '1 second' as moment) as at`,
    [id, count, new Date(begin)],
  );
  return id;
}

interface Question {
  readonly name: string;
  readonly device: string;
  readonly signalId: number;
  readonly from: Date;
  readonly to: Date;
}

async function ask({ device, from, to }: Question): Promise<void> {
  const query = `signal=temperature&from=${from.toISOString()}&to=${to.toISOString()}&buckets=300`;
  const response = await fetch(`${cloud.url}/v1/devices/${device}/readings?${query}`, {
    headers: { authorization: `Bearer ${cloud.administratorKey}` },
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(answer);
  }
}

const sameRows = 'from readings where signal_id = $1 and source_time >= $2 and source_time < $3';

async function countBare({ signalId, from, to }: Question): Promise<void> {
  await cloud.pool.query(`select count(*), max(value) ${sameRows}`, [signalId, from, to]);
}

async function planOf({ signalId, from, to }: Question): Promise<string> {
  const { rows } = await cloud.pool.query<{ 'QUERY PLAN': string }>(
    `explain select date_bin('1 minute', source_time, $2) as start, count(*), max(value) ${sameRows} group by start`,
    [signalId, from, to],
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  return /(?:Index (?:Only )?Scan|Bitmap Index Scan) (?:using|on) (\S+)/.exec(plan)?.[1] ?? 'no index';
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = systemClock.monotonic();
  await work();
  return systemClock.monotonic() - start;
}

const small = await fill('one', recording);
const large = await fill('two', million);
await cloud.pool.query('vacuum analyze readings');
const at = (second: number) => new Date(begin + second * 1000);
const questions: Question[] = [
  { name: 'all of 22,695', device: 'one', signalId: small, from: at(0), to: at(recording) },
  {
    name: 'an hour of 1,000,000',
    device: 'two',
    signalId: large,
    from: at(million - hourSeconds),
    to: at(million),
  },
  { name: 'all of 1,000,000', device: 'two', signalId: large, from: at(0), to: at(million) },
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
    `${question.name.padEnd(22)} ${median(door).toFixed(1).padStart(8)} ms  ${multiple.toFixed(1).padStart(5)} × the bare count  ${await planOf(question)}\n`,
  );
}
await cloud.close();
