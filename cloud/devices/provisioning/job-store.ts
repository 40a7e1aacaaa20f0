import { AndonError } from '@andon/shared/kernel';
import { appendEvent, type Database, type Platform, sql, type Transaction } from '../../platform/index.ts';
import type { Job, JobState, RowResult, RowState } from './job-schemas.ts';
import type { FailedRow, SentRow } from './job-table.ts';

interface JobRecord {
  id: string;
  state: JobState;
  total: number;
  succeeded: number;
  failed: number;
  created_by: string;
  created_at: Date;
  finished_at: Date | null;
}

export function toJob(row: JobRecord): Job {
  return {
    id: row.id,
    state: row.state,
    total: row.total,
    succeeded: row.succeeded,
    failed: row.failed,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

/** A job of these rows. Those whose line is broken have failed already; where all are, it is finished. */
export async function insertJob(
  platform: Platform,
  transaction: Transaction,
  { rows, actor }: { rows: readonly SentRow[]; actor: string },
): Promise<Job> {
  const id = platform.newId();
  const now = new Date(platform.clock.now());
  const failed = rows.filter(({ mistake }) => mistake !== undefined).length;
  const isOver = failed === rows.length;
  await sql`
    insert into device_registration_jobs (id, state, total, failed, created_by, created_at, finished_at)
    values (${id}, ${isOver ? 'finished' : 'running'}, ${rows.length}, ${failed}, ${actor}, ${now},
      ${isOver ? now : null})`.execute(transaction);
  await sql`
    insert into device_registration_rows (job_id, number, line, input, state, device_id, code, field, message, at)
    select ${id}, position, (sent ->> 'line')::integer, sent -> 'input',
      case when sent ? 'mistake' then 'failed' else 'waiting' end, left(sent #>> '{input,deviceId}', 63),
      case when sent ? 'mistake' then ${brokenLineCode} end, sent #>> '{mistake,field}',
      sent #>> '{mistake,message}', case when sent ? 'mistake' then ${now}::timestamptz end
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as row (sent, position)`.execute(
    transaction,
  );
  const event = {
    type: 'device-registration-job.created',
    key: id,
    payload: { jobId: id, total: rows.length },
  };
  await appendEvent(transaction, { ...event, actor, occurredAt: now });
  if (isOver) {
    await tellFinished(transaction, id, now);
  }
  return requireJob(transaction, id);
}

const brokenLineCode = 'devices.line-broken';

async function tellFinished(transaction: Transaction, jobId: string, now: Date): Promise<void> {
  const event = { type: 'device-registration-job.finished', key: jobId, payload: { jobId } };
  await appendEvent(transaction, { ...event, actor: 'system:devices', occurredAt: now });
}

export async function requireJob(database: Database, id: string): Promise<Job> {
  const found = await sql<JobRecord>`
    select * from device_registration_jobs where id = ${id}`.execute(database);
  const row = found.rows[0];
  if (row === undefined) {
    throw new AndonError({
      code: 'devices.no-such-job',
      message: 'There is no such registration job.',
      nextStep: 'Look for it in GET /v1/device-registration-jobs.',
      status: 404,
    });
  }
  return toJob(row);
}

export async function listJobs(
  database: Database,
  filter: { beforeId?: string; limit: number },
): Promise<JobRecord[]> {
  const found = await sql<JobRecord>`
    select * from device_registration_jobs
    where true ${filter.beforeId === undefined ? sql`` : sql`and id < ${filter.beforeId}`}
    order by id desc limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

/** The rows that wait are not begun. A job that is over stays as it is. */
export async function cancelJob(
  platform: Platform,
  transaction: Transaction,
  { id, actor }: { id: string; actor: string },
): Promise<Job> {
  const now = new Date(platform.clock.now());
  // Rows before their job, as whoever works at a row does; that row itself is finished.
  await sql`
    with waiting as (
      select number from device_registration_rows where job_id = ${id} and state = 'waiting'
      order by number for update skip locked)
    update device_registration_rows as row set state = 'cancelled', at = ${now}
    from waiting where row.job_id = ${id} and row.number = waiting.number`.execute(transaction);
  const cancelled = await sql`
    update device_registration_jobs set state = 'cancelled', finished_at = ${now}
    where id = ${id} and state = 'running'`.execute(transaction);
  if (cancelled.numAffectedRows === 1n) {
    const event = { type: 'device-registration-job.cancelled', key: id, payload: { jobId: id } };
    await appendEvent(transaction, { ...event, actor, occurredAt: now });
  }
  return requireJob(transaction, id);
}

interface RowRecord {
  number: number;
  line: number | null;
  state: RowState;
  device_id: string | null;
  code: string | null;
  field: string | null;
  message: string | null;
  at: Date | null;
}

export function toRowResult(row: RowRecord): RowResult {
  return {
    number: row.number,
    line: row.line,
    state: row.state,
    deviceId: row.device_id,
    code: row.code,
    field: row.field,
    message: row.message,
    at: row.at?.toISOString() ?? null,
  };
}

export async function listRows(
  database: Database,
  filter: { jobId: string; state?: RowState | undefined; afterNumber?: number; limit: number },
): Promise<RowRecord[]> {
  const found = await sql<RowRecord>`
    select number, line, state, device_id, code, field, message, at from device_registration_rows
    where job_id = ${filter.jobId} and number > ${filter.afterNumber ?? 0}
      ${filter.state === undefined ? sql`` : sql`and state = ${filter.state}`}
    order by number limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

/** The rows that failed, as they were sent. */
export async function listFailedRows(
  database: Database,
  page: { jobId: string; afterNumber: number; limit: number },
): Promise<FailedRow[]> {
  const found = await sql<FailedRow>`
    select number, line, field, message, input from device_registration_rows
    where job_id = ${page.jobId} and state = 'failed' and number > ${page.afterNumber}
    order by number limit ${page.limit}`.execute(database);
  return found.rows;
}

/** A row that waits, kept from others until the transaction ends. */
export interface WaitingRow {
  readonly job_id: string;
  readonly number: number;
  readonly input: unknown;
  readonly created_by: string;
}

/** The next row of the eldest job that runs; undefined where none waits. */
export async function lockNextRow(transaction: Transaction): Promise<WaitingRow | undefined> {
  const found = await sql<WaitingRow>`
    select row.job_id, row.number, row.input, job.created_by
    from device_registration_jobs as job
      join device_registration_rows as row on row.job_id = job.id
    where job.state = 'running' and row.state = 'waiting'
    order by job.id, row.number limit 1 for update of row skip locked`.execute(transaction);
  return found.rows[0];
}

/** How a row ended; the job is finished with its last. */
export async function writeResult(
  transaction: Transaction,
  { job_id: jobId, number }: WaitingRow,
  result: { deviceId?: string; code?: string; field?: string; message?: string },
  now: Date,
): Promise<void> {
  const state = result.code === undefined ? 'succeeded' : 'failed';
  await sql`
    update device_registration_rows set state = ${state}, at = ${now}, code = ${result.code ?? null},
      field = ${result.field ?? null}, message = ${result.message ?? null},
      device_id = coalesce(${result.deviceId ?? null}, device_id)
    where job_id = ${jobId} and number = ${number}`.execute(transaction);
  const finished = await sql<{ finished: boolean }>`
    update device_registration_jobs set
      succeeded = succeeded + ${state === 'succeeded' ? 1 : 0}, failed = failed + ${state === 'failed' ? 1 : 0},
      state = case when succeeded + failed + 1 = total and state = 'running' then 'finished' else state end,
      finished_at = case when succeeded + failed + 1 = total then ${now}::timestamptz else finished_at end
    where id = ${jobId} returning succeeded + failed = total as finished`.execute(transaction);
  if (finished.rows[0]?.finished) {
    await tellFinished(transaction, jobId, now);
  }
}
