import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { JobProgress } from './pace.ts';
import type { JobTarget, TargetState } from './schemas.ts';

export interface CandidateRow {
  device_id: string;
  category_id: string;
  gateway_id: string;
  asset_id: string;
  account_id: string;
  site_id: string | null;
  time_zone: string | null;
}

/** Those that wait and are to be looked at, in the job's order. */
export function candidatesOf(jobId: string, now: Date, limit: number) {
  return sql<CandidateRow>`
    select job_targets.device_id, devices.category_id, devices.gateway_id, devices.asset_id, assets.account_id, assets.site_id,
      coalesce(devices.time_zone, sites.time_zone) as time_zone
    from job_targets
      join devices on devices.id = job_targets.device_id
      join assets on assets.id = devices.asset_id
      left join sites on sites.id = assets.site_id
    where job_targets.job_id = ${jobId} and job_targets.state = 'waiting' and job_targets.look_at <= ${now}
    order by job_targets.position limit ${limit}`;
}

export async function progressOf(transaction: Transaction, jobId: string, now: number): Promise<JobProgress> {
  const counted = await sql<{ state: TargetState; devices: number }>`
    select state, count(*) as devices from job_targets where job_id = ${jobId} group by state`.execute(
    transaction,
  );
  const sent = await sql<{ recently: number; last: Date | null }>`
    select count(*) filter (where sent_at > ${new Date(now - 60_000)}) as recently, max(sent_at) as last
    from job_targets where job_id = ${jobId} and sent_at is not null
      and sent_at > ${new Date(now - 3_600_000)}`.execute(transaction);
  const of = (state: TargetState): number => counted.rows.find((row) => row.state === state)?.devices ?? 0;
  return {
    waiting: of('waiting'),
    inFlight: of('sent'),
    succeeded: of('succeeded'),
    failed: of('failed'),
    sentInLastMinute: sent.rows[0]?.recently ?? 0,
    lastSentAt: sent.rows[0]?.last?.getTime() ?? null,
  };
}

/** What of some jobs' targets is in which state. */
export async function countTargets(
  database: Database,
  jobIds: readonly string[],
): Promise<Map<string, Map<TargetState, number>>> {
  const found = await sql<{ job_id: string; state: TargetState; devices: number }>`
    select job_id, state, count(*) as devices from job_targets where job_id = any(${[...jobIds]}::uuid[])
    group by job_id, state`.execute(database);
  const counts = new Map<string, Map<TargetState, number>>();
  for (const row of found.rows) {
    const ofJob = counts.get(row.job_id) ?? new Map<TargetState, number>();
    counts.set(row.job_id, ofJob.set(row.state, row.devices));
  }
  return counts;
}

export async function markSent(
  transaction: Transaction,
  jobId: string,
  targets: readonly { readonly deviceId: string; readonly commandId: string }[],
  now: Date,
): Promise<void> {
  if (targets.length > 0) {
    await sql`
      update job_targets set state = 'sent', reason = null, command_id = sent.command_id, sent_at = ${now}
      from unnest(${targets.map(({ deviceId }) => deviceId)}::text[],
        ${targets.map(({ commandId }) => commandId)}::uuid[]) as sent (device_id, command_id)
      where job_targets.job_id = ${jobId} and job_targets.device_id = sent.device_id`.execute(transaction);
  }
}

export async function markSkipped(
  transaction: Transaction,
  jobId: string,
  targets: readonly { readonly deviceId: string; readonly reason: string }[],
  now: Date,
): Promise<void> {
  if (targets.length > 0) {
    await sql`
      update job_targets set state = 'skipped', reason = skipped.reason, ended_at = ${now}
      from unnest(${targets.map(({ deviceId }) => deviceId)}::text[],
        ${targets.map(({ reason }) => reason)}::text[]) as skipped (device_id, reason)
      where job_targets.job_id = ${jobId} and job_targets.device_id = skipped.device_id`.execute(transaction);
  }
}

/** The job has ended: nothing is sent to them any more. */
export async function skipWaiting(
  transaction: Transaction,
  jobId: string,
  reason: string,
  now: Date,
): Promise<void> {
  await sql`update job_targets set state = 'skipped', reason = ${reason}, ended_at = ${now}
    where job_id = ${jobId} and state = 'waiting'`.execute(transaction);
}

/** The devices that the job's command has not succeeded at, and that none is on its way to; in its order. */
export async function listLeft(database: Database, jobId: string, limit: number): Promise<string[]> {
  const found = await sql<{ device_id: string }>`
    select device_id from job_targets where job_id = ${jobId} and state in ('failed', 'skipped')
    order by position limit ${limit}`.execute(database);
  return found.rows.map((row) => row.device_id);
}

/** They wait, and are looked at again later. */
export async function holdTargets(
  transaction: Transaction,
  jobId: string,
  holds: readonly { deviceId: string; reason: string }[],
  lookAt: Date,
): Promise<void> {
  if (holds.length > 0) {
    const rows = holds.map(({ deviceId, reason }) => ({ device_id: deviceId, reason }));
    await sql`
      update job_targets set reason = hold.reason, look_at = ${lookAt}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as hold (device_id text, reason text)
      where job_targets.job_id = ${jobId} and job_targets.device_id = hold.device_id`.execute(transaction);
  }
}

/**
 * Takes over what became of commands that were sent; answers the jobs that this changed. The commands are the truth:
 * however often this is done, and whoever does it, the targets follow them.
 */
export async function collectResults(transaction: Transaction, now: Date): Promise<string[]> {
  const found = await sql<{ job_id: string }>`
    with ended as (
      select job_targets.job_id, job_targets.device_id, commands.state, commands.reason
      from job_targets join commands on commands.id = job_targets.command_id
      where job_targets.state = 'sent'
        and commands.state in ('SUCCEEDED', 'FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED')
      order by job_targets.command_id limit 1000
      for update of job_targets skip locked)
    update job_targets set
      state = case when ended.state = 'SUCCEEDED' then 'succeeded' else 'failed' end,
      reason = case when ended.state = 'SUCCEEDED' then null else coalesce(ended.reason, lower(ended.state)) end,
      ended_at = ${now}
    from ended where job_targets.job_id = ended.job_id and job_targets.device_id = ended.device_id
    returning job_targets.job_id`.execute(transaction);
  return [...new Set(found.rows.map((row) => row.job_id))];
}

/** A person tried a command of a job again: its device follows the new one. */
export async function followRetry(
  transaction: Transaction,
  retry: { retryOf: string; commandId: string; at: Date },
): Promise<void> {
  await sql`update job_targets set state = 'sent', reason = null, command_id = ${retry.commandId},
      sent_at = ${retry.at}, ended_at = null
    where command_id = ${retry.retryOf}`.execute(transaction);
}

interface TargetRow {
  device_id: string;
  device_name: string;
  position: number;
  state: TargetState;
  reason: string | null;
  command_id: string | null;
  command_state: string | null;
  sent_at: Date | null;
  ended_at: Date | null;
}

export function toTarget(row: TargetRow): JobTarget {
  return {
    deviceId: row.device_id,
    deviceName: row.device_name,
    state: row.state,
    reason: row.reason,
    commandId: row.command_id,
    commandState: row.command_state,
    sentAt: row.sent_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** In the job's order; one row more than `limit` where there is a next page. */
export async function listTargets(
  database: Database,
  filter: { jobId: string; state?: TargetState | undefined; afterPosition?: number; limit: number },
): Promise<TargetRow[]> {
  const found = await sql<TargetRow>`
    select job_targets.device_id, devices.name as device_name, position, job_targets.state, job_targets.reason,
      command_id, commands.state as command_state, job_targets.sent_at, job_targets.ended_at
    from job_targets join devices on devices.id = job_targets.device_id
      left join commands on commands.id = job_targets.command_id
    where job_targets.job_id = ${filter.jobId} and position > ${filter.afterPosition ?? 0}
      ${filter.state === undefined ? sql`` : sql`and job_targets.state = ${filter.state}`}
    order by position limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
