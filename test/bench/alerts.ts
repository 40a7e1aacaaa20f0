/**
 * What it takes to change the status of one alert while very many are open:
 *
 *   node test/bench/alerts.ts [open alerts] [rounds]
 *
 * Fills the table by SQL, of 100,000 devices, and then lets one connection change one alert after another: as the
 * program does it (lock, update, event, read again, commit), and by a bare `update … where id = …` of the same column,
 * in turns, so that the machine's mood cancels out; and what PostgreSQL itself says that the lock and the update take,
 * without the way to it and without the disk. Printed: milliseconds, the median and the 99th percentile, and the ratio;
 * then the same for the lists that people look at, held against nothing.
 */
import { randomUUID } from 'node:crypto';
import { changeStatus } from '../../cloud/alerts/handling.ts';
import { listAlerts } from '../../cloud/alerts/store.ts';
import { inTransaction, sql } from '../../cloud/platform/index.ts';
import { median, openBenchCloud } from './bench-cloud.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 300);
const devices = 100_000;
const cloud = await openBenchCloud();
const clock = { now: () => performance.timeOrigin + performance.now(), monotonic: () => performance.now() };

async function fill(): Promise<void> {
  const client = await cloud.pool.connect();
  await client.query('set statement_timeout = 0');
  await client.query(
    `insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at, updated_at)
     select 'bench-' || number, 'bench', (select asset_id from devices limit 1), 'bench', 'bench', 'unregistered', true, now(), now()
     from generate_series(0, $1::int - 1) as number`,
    [devices],
  );
  await client.query(
    `insert into alerts (id, source, device_id, gateway_id, account_id, asset_id, category_id, rule, rule_version, signal,
       state, severity, error_code, quality, reason, peak_state, peak_severity, condition, response, status, raised_at,
       gateway_received_at, historical, group_key, announced_at, transition_count, first_number, current_number,
       created_at, updated_at, version)
     select gen_random_uuid(), 'device', 'bench-' || number % $2::int, 'bench', accounts.id, $3, 'bench',
       'rule-' || number / $2::int, 1, 'temperature', 'HI', 'MAJOR', 42, 'GOOD', 'it is too hot', 'HI', 'MAJOR', 'active',
       'unacknowledged', 'active', moment, moment, false, 'device=bench-' || number % $2::int || '|error-code=42', moment,
       1, 1, 1, moment, moment, 1
     from (select id from accounts limit 1) as accounts, generate_series(0, $1::int - 1) as number,
       lateral (select now() - number * interval '1 second' as moment) as at`,
    [count, devices, randomUUID()],
  );
  await client.query('analyze alerts');
  client.release();
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * share)] ?? 0;
const show = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} ms, 99 % within ${percentile(values, 0.99).toFixed(2)} ms`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

await fill();
const { rows } = await sql<{ id: string }>`
  select id from alerts tablesample bernoulli (1) order by random() limit ${rounds * 2}`.execute(
  cloud.database,
);
const ours: number[] = [];
const bare: number[] = [];
const within: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const [one, other] = [rows[2 * round]?.id ?? '', rows[2 * round + 1]?.id ?? ''];
  ours.push(
    await timed(() =>
      inTransaction(cloud.database, (transaction) =>
        changeStatus(
          transaction,
          { clock },
          { alertId: one, to: 'closed', reason: null, actor: 'system:bench' },
        ),
      ),
    ),
  );
  bare.push(
    await timed(() => sql`update alerts set status = 'closed' where id = ${other}`.execute(cloud.database)),
  );
}
const client = await cloud.pool.connect();
for (const { id } of rows.slice(0, rounds)) {
  await client.query('begin');
  let spent = 0;
  for (const statement of [
    'select * from alerts where id = $1 for update',
    "update alerts set status = 'closed' where id = $1",
  ]) {
    const plan = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
      `explain (analyze, format json) ${statement}`,
      [id],
    );
    spent += plan.rows[0]?.['QUERY PLAN'][0]['Execution Time'] ?? 0;
  }
  await client.query('rollback');
  within.push(spent);
}
client.release();
const lists: [string, Parameters<typeof listAlerts>[1]][] = [
  ['what is open, newest first', { state: 'open' }],
  ['of one device', { deviceId: 'bench-77' }],
];
process.stdout.write(`${count} open alerts\n`);
process.stdout.write(`changing the status: ${show(ours)}\n`);
process.stdout.write(`bare update: ${show(bare)}\n`);
process.stdout.write(`of it within PostgreSQL: ${show(within)}\n`);
process.stdout.write(`ratio: ${(median(ours) / median(bare)).toFixed(1)}\n`);
for (const [name, filter] of lists) {
  const times: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    times.push(await timed(() => listAlerts(cloud.database, filter, { limit: 50 })));
  }
  process.stdout.write(`${name}: ${show(times)}\n`);
}
await cloud.close();
