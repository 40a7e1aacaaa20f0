import { type Database, sql } from '../platform/index.ts';
import type { Job, TargetState } from './schemas.ts';
import { wouldDestroy } from './selection.ts';
import { possibleSteps } from './state.ts';
import { findJob, type JobRow, noSuchJob, planOf } from './store.ts';
import { countTargets } from './target-store.ts';

/** The names of actors that are people or keys of programs. */
async function namesOf(database: Database, actors: readonly (string | null)[]): Promise<Map<string, string>> {
  const found = await sql<{ actor: string; name: string }>`
    select 'user:' || id as actor, name from users where 'user:' || id = any(${actors}::text[])
    union all
    select 'api-key:' || id, name from api_keys where 'api-key:' || id = any(${actors}::text[])`.execute(
    database,
  );
  return new Map(found.rows.map((row) => [row.actor, row.name]));
}

/** Of a draft, it is what it would be now: its category and devices may have changed since it was written. */
export async function present(database: Database, rows: readonly JobRow[]): Promise<Job[]> {
  const counts = await countTargets(
    database,
    rows.map((row) => row.id),
  );
  const names = await namesOf(
    database,
    rows.flatMap((row) => [row.created_by, row.approved_by]),
  );
  const drafts = rows.filter(({ state }) => state === 'draft');
  const answers = await wouldDestroy(
    database,
    drafts.map(({ command, parameters, written_by: writers, selection }) => ({
      selection,
      order: { command, parameters, writers, sender: 'no-role' },
    })),
  );
  const ofDrafts = new Map(drafts.map(({ id }, place) => [id, answers[place] === true]));
  return rows.map((row) => ({
    ...toJob(row, counts.get(row.id) ?? new Map(), names),
    destructive: ofDrafts.get(row.id) ?? row.destructive,
  }));
}

export async function requireJob(database: Database, id: string): Promise<Job> {
  const row = await findJob(database, id);
  const [job] = row === undefined ? [] : await present(database, [row]);
  if (job === undefined) {
    throw noSuchJob();
  }
  return job;
}

function toJob(
  row: JobRow,
  counts: ReadonlyMap<TargetState, number>,
  names: ReadonlyMap<string, string>,
): Job {
  const of = (state: TargetState): number => counts.get(state) ?? 0;
  return {
    id: row.id,
    name: row.name,
    command: row.command,
    parameters: row.parameters,
    expiresInSeconds: row.expires_in_seconds,
    selection: row.selection,
    ratePerMinute: row.rate_per_minute,
    concurrencyMax: row.concurrency_max,
    canaryCount: row.canary_count,
    stop: planOf(row).stop,
    window: row.time_window,
    state: row.state,
    reason: row.reason,
    destructive: row.destructive,
    counts: {
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      waiting: of('waiting'),
      sent: of('sent'),
      succeeded: of('succeeded'),
      failed: of('failed'),
      skipped: of('skipped'),
    },
    possibleSteps: possibleSteps(row.state),
    createdBy: row.created_by,
    createdByName: names.get(row.created_by) ?? null,
    submittedAt: row.submitted_at?.toISOString() ?? null,
    approvedBy: row.approved_by,
    approvedByName: (row.approved_by !== null && names.get(row.approved_by)) || null,
    approvedAt: row.approved_at?.toISOString() ?? null,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}
