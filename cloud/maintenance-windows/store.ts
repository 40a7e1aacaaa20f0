import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import type { Schedule } from './schedule.ts';
import type { ScopeKind, WindowState } from './schemas.ts';

export interface WindowRow {
  readonly id: string;
  readonly scope_kind: ScopeKind;
  readonly scope_id: string;
  readonly scope_name: string;
  readonly reason: string;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly repeats: 'never' | 'weekly';
  readonly repeats_until: Date | null;
  readonly time_zone: string;
  readonly ended_at: Date | null;
  readonly ended_by: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export type WindowDocument = Pick<
  WindowRow,
  | 'scope_kind'
  | 'scope_id'
  | 'scope_name'
  | 'reason'
  | 'starts_at'
  | 'ends_at'
  | 'repeats'
  | 'repeats_until'
  | 'time_zone'
>;

export function scheduleOf(row: WindowDocument): Schedule {
  return {
    startsAt: row.starts_at.getTime(),
    endsAt: row.ends_at.getTime(),
    repeats: row.repeats,
    repeatsUntil: row.repeats_until?.getTime() ?? null,
    timeZone: row.time_zone,
  };
}

export async function insertWindow(
  transaction: Transaction,
  id: string,
  window: WindowDocument,
  by: { readonly actor: string; readonly now: Date },
): Promise<void> {
  await sql`
    insert into maintenance_windows (id, scope_kind, scope_id, scope_name, reason, starts_at, ends_at, repeats,
      repeats_until, time_zone, created_by, created_at, updated_at)
    values (${id}, ${window.scope_kind}, ${window.scope_id}, ${window.scope_name}, ${window.reason},
      ${window.starts_at}, ${window.ends_at}, ${window.repeats}, ${window.repeats_until}, ${window.time_zone},
      ${by.actor}, ${by.now}, ${by.now})`.execute(transaction);
}

/** Locks it for an edit that is based on a version. */
export async function lockWindow(
  transaction: Transaction,
  id: string,
  expected: number | undefined,
): Promise<WindowRow> {
  const found = await sql<WindowRow>`
    select * from maintenance_windows where id = ${id} for update`.execute(transaction);
  const [row] = found.rows;
  if (row === undefined) {
    throw noSuchWindow();
  }
  if (expected !== undefined && row.version !== expected) {
    throw staleVersion(expected, row.version);
  }
  return row;
}

export async function updateWindow(
  transaction: Transaction,
  id: string,
  window: WindowDocument,
  now: Date,
): Promise<void> {
  await sql`
    update maintenance_windows set scope_kind = ${window.scope_kind}, scope_id = ${window.scope_id},
      scope_name = ${window.scope_name}, reason = ${window.reason}, starts_at = ${window.starts_at},
      ends_at = ${window.ends_at}, repeats = ${window.repeats}, repeats_until = ${window.repeats_until},
      time_zone = ${window.time_zone}, updated_at = ${now}, version = version + 1
    where id = ${id}`.execute(transaction);
}

export async function endWindow(
  transaction: Transaction,
  id: string,
  by: { readonly actor: string; readonly now: Date },
): Promise<void> {
  await sql`
    update maintenance_windows set ended_at = ${by.now}, ended_by = ${by.actor}, updated_at = ${by.now},
      version = version + 1
    where id = ${id}`.execute(transaction);
}

export async function findWindow(database: Database, id: string): Promise<WindowRow | undefined> {
  const found = await sql<WindowRow>`select * from maintenance_windows where id = ${id}`.execute(database);
  return found.rows[0];
}

const windowsShownMax = 500;

/** Surely over at an instant. The last of the weekly ones may end a day later than it seems, for changed clocks. */
function isOver(now: Date) {
  return sql`(ended_at is not null
    or (repeats = 'never' and ends_at <= ${now})
    or (repeats_until is not null
      and greatest(repeats_until, starts_at) + (ends_at - starts_at) + interval '1 day' <= ${now}))`;
}

/** What may be in a state: where a weekly window stands is for its schedule to say. */
function mayBe(state: WindowState, now: Date) {
  switch (state) {
    case 'in-force':
      return sql`starts_at <= ${now} and not ${isOver(now)}`;
    case 'planned':
      return sql`(starts_at > ${now} or repeats = 'weekly') and not ${isOver(now)}`;
    case 'over':
      return sql`(ended_at is not null or (repeats = 'never' and ends_at <= ${now}) or repeats_until is not null)`;
  }
}

/** Those that may be in a state, or all: what is over last, and the latest beginnings first. */
export async function listWindows(
  database: Database,
  state: WindowState | undefined,
  now: Date,
): Promise<WindowRow[]> {
  const found = await sql<WindowRow>`
    select * from maintenance_windows ${state === undefined ? sql`` : sql`where ${mayBe(state, now)}`}
    order by ${isOver(now)}, starts_at desc, id desc limit ${windowsShownMax}`.execute(database);
  return found.rows;
}

const windowsAtOnceMax = 10_000;

/** Those for any of these places whose first occurrence has begun and that may be in force; locked, so that none ends meanwhile. */
export async function findCandidates(
  transaction: Transaction,
  places: readonly { readonly kind: ScopeKind; readonly id: string }[],
  now: Date,
): Promise<WindowRow[]> {
  const found = await sql<WindowRow>`
    select windows.* from maintenance_windows as windows
    join jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as place (kind text, id text)
      on scope_kind = place.kind and scope_id = place.id
    where ended_at is null and starts_at <= ${now} and (repeats = 'weekly' or ends_at > ${now})
    order by windows.id limit ${windowsAtOnceMax} for share of windows`.execute(transaction);
  return found.rows;
}

export function noSuchWindow(): AndonError {
  return new AndonError({
    code: 'maintenance-windows.no-such-window',
    message: 'There is no such maintenance window.',
    nextStep: 'Look for it in GET /v1/maintenance-windows.',
    status: 404,
  });
}
