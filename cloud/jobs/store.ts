import type { ParameterValues } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import type { Checked } from './checked.ts';
import type { TimeWindow } from './holds.ts';
import type { JobPlan } from './pace.ts';
import type { JobInput, Selection } from './schemas.ts';
import type { JobState } from './state.ts';

export interface JobRow {
  id: string;
  name: string;
  command: string;
  parameters: ParameterValues;
  expires_in_seconds: number | null;
  selection: Selection;
  rate_per_minute: number;
  concurrency_max: number;
  canary_count: number;
  stop_failure_percent: number | null;
  stop_at_least: number | null;
  time_window: TimeWindow | null;
  state: JobState;
  reason: string | null;
  destructive: boolean;
  created_by: string;
  created_by_person: string | null;
  /** Everybody who wrote or submitted it, programs and the people behind them. */
  written_by: string[];
  /** Null before it is submitted. */
  checked: Checked | null;
  submitted_at: Date | null;
  approved_by: string | null;
  approved_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export function planOf(row: JobRow): JobPlan {
  return {
    ratePerMinute: row.rate_per_minute,
    concurrencyMax: row.concurrency_max,
    canaryCount: row.canary_count,
    stop:
      row.stop_failure_percent === null || row.stop_at_least === null
        ? null
        : { failurePercent: row.stop_failure_percent, atLeast: row.stop_at_least },
  };
}

const defaults = { ratePerMinute: 60, concurrencyMax: 20, canaryCount: 0 };

function columnsOf(input: JobInput) {
  return {
    name: input.name,
    command: input.command,
    parameters: JSON.stringify(input.parameters ?? {}),
    expiresInSeconds: input.expiresInSeconds ?? null,
    selection: JSON.stringify(input.selection),
    ratePerMinute: input.ratePerMinute ?? defaults.ratePerMinute,
    concurrencyMax: input.concurrencyMax ?? defaults.concurrencyMax,
    canaryCount: input.canaryCount ?? defaults.canaryCount,
    stopPercent: input.stop?.failurePercent ?? null,
    stopAtLeast: input.stop?.atLeast ?? null,
    window: input.window ? JSON.stringify(input.window) : null,
  };
}

/** What somebody writes into a job before it is submitted. */
interface WrittenJob {
  readonly id: string;
  readonly input: JobInput;
  readonly destructive: boolean;
  readonly actor: string;
  readonly person: string | null;
  readonly now: Date;
}

export async function insertJob(transaction: Transaction, job: WrittenJob): Promise<void> {
  const columns = columnsOf(job.input);
  await sql`
    insert into jobs (id, name, command, parameters, expires_in_seconds, selection, rate_per_minute,
      concurrency_max, canary_count, stop_failure_percent, stop_at_least, time_window, state, destructive, created_by,
      created_by_person, written_by, created_at, updated_at)
    values (${job.id}, ${columns.name}, ${columns.command}, ${columns.parameters}::jsonb,
      ${columns.expiresInSeconds}, ${columns.selection}::jsonb, ${columns.ratePerMinute},
      ${columns.concurrencyMax}, ${columns.canaryCount}, ${columns.stopPercent}, ${columns.stopAtLeast},
      ${columns.window}::jsonb, 'draft', ${job.destructive}, ${job.actor}, ${job.person},
      array_remove(array[${job.actor}, ${job.person}]::text[], null), ${job.now}, ${job.now})`.execute(
    transaction,
  );
}

/** Those who wrote it so far, and these, each once. */
function withWriters(actor: string, person: string | null) {
  return sql`(select array_agg(distinct writer)
    from unnest(written_by || array[${actor}, ${person}]::text[]) as writer where writer is not null)`;
}

/** Whoever edits a draft has made it with those before: nobody approves what they wrote themselves. */
export async function updateDraft(transaction: Transaction, job: WrittenJob): Promise<void> {
  const columns = columnsOf(job.input);
  await sql`
    update jobs set name = ${columns.name}, command = ${columns.command}, parameters = ${columns.parameters}::jsonb,
      expires_in_seconds = ${columns.expiresInSeconds}, selection = ${columns.selection}::jsonb,
      rate_per_minute = ${columns.ratePerMinute}, concurrency_max = ${columns.concurrencyMax},
      canary_count = ${columns.canaryCount}, stop_failure_percent = ${columns.stopPercent},
      stop_at_least = ${columns.stopAtLeast}, time_window = ${columns.window}::jsonb,
      destructive = ${job.destructive}, created_by = ${job.actor}, created_by_person = ${job.person},
      written_by = ${withWriters(job.actor, job.person)}, updated_at = ${job.now}, version = version + 1
    where id = ${job.id}`.execute(transaction);
}

export async function findJob(database: Database, id: string): Promise<JobRow | undefined> {
  const found = await sql<JobRow>`select * from jobs where id = ${id}`.execute(database);
  return found.rows[0];
}

export function noSuchJob(): AndonError {
  return new AndonError({
    code: 'jobs.no-such-job',
    message: 'There is no such job.',
    nextStep: 'Look for it in GET /v1/jobs.',
    status: 404,
  });
}

/** Locks it, and refuses an edit that is based on another version. */
export async function lockJob(transaction: Transaction, id: string, expected?: number): Promise<JobRow> {
  const found = await sql<JobRow>`select * from jobs where id = ${id} for update`.execute(transaction);
  const row = found.rows[0];
  if (row === undefined) {
    throw noSuchJob();
  }
  if (expected !== undefined && expected !== row.version) {
    throw staleVersion(expected, row.version);
  }
  return row;
}

/** A running one, if nobody else is at work on it. */
export async function lockRunningJob(transaction: Transaction, id: string): Promise<JobRow | undefined> {
  const found = await sql<JobRow>`
    select * from jobs where id = ${id} and state = 'running' for update skip locked`.execute(transaction);
  return found.rows[0];
}

export async function runningJobs(database: Database): Promise<string[]> {
  const found = await sql<{ id: string }>`select id from jobs where state = 'running' order by id`.execute(
    database,
  );
  return found.rows.map((row) => row.id);
}

/** What a job is from its submission on. */
export interface Submission {
  readonly destructive: boolean;
  readonly checked: Checked;
  readonly actor: string;
  readonly person: string | null;
}

export interface StateChange {
  readonly id: string;
  readonly to: JobState;
  readonly reason: string | null;
  readonly now: Date;
  readonly submission?: Submission;
  readonly approvedBy?: string;
}

export async function changeState(transaction: Transaction, change: StateChange): Promise<void> {
  const { id, to, reason, now, submission, approvedBy } = change;
  const isEnd = to === 'completed' || to === 'stopped' || to === 'cancelled';
  await sql`
    update jobs set state = ${to}, reason = ${reason}, updated_at = ${now}, version = version + 1
      ${
        submission === undefined
          ? sql``
          : sql`, destructive = ${submission.destructive}, submitted_at = ${now},
              checked = ${JSON.stringify(submission.checked)}::jsonb,
              written_by = ${withWriters(submission.actor, submission.person)}`
      }
      ${approvedBy === undefined ? sql`` : sql`, approved_by = ${approvedBy}, approved_at = ${now}`}
      ${to === 'running' ? sql`, started_at = coalesce(started_at, ${now})` : sql``}
      ${isEnd ? sql`, ended_at = ${now}` : sql``}
    where id = ${id}`.execute(transaction);
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listJobs(
  database: Database,
  filter: { state?: JobState | undefined },
  page: { limit: number; before?: { createdAt: string; id: string } },
): Promise<JobRow[]> {
  const { before } = page;
  const found = await sql<JobRow>`
    select * from jobs where true
      ${filter.state === undefined ? sql`` : sql`and state = ${filter.state}`}
      ${before === undefined ? sql`` : sql`and (created_at, id) < (${before.createdAt}::timestamptz, ${before.id}::uuid)`}
    order by created_at desc, id desc limit ${page.limit + 1}`.execute(database);
  return found.rows;
}
