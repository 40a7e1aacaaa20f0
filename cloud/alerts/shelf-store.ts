import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, type Transaction, violates } from '../platform/index.ts';
import type { Hold, HoldSubject } from './hold.ts';

/** A rule of a device, or of a gateway, that is kept quiet. */
export interface ShelfRow {
  readonly id: string;
  readonly source: 'device' | 'gateway';
  readonly subject_id: string;
  readonly rule: string;
  readonly alert_id: string;
  readonly kind: 'timed' | 'one-shot';
  readonly shelved_at: Date;
  readonly shelved_by: string;
  readonly reason: string;
  readonly until_time: Date;
  readonly ended_at: Date | null;
  readonly ended_by: string | null;
  readonly end_reason: string | null;
}

/** Whose rule it is: the device's, or the gateway's own. */
export function subjectIdOf(subject: Pick<HoldSubject, 'source' | 'deviceId' | 'gatewayId'>): string {
  return subject.source === 'device' ? (subject.deviceId ?? '') : subject.gatewayId;
}

/** @throws AndonError `alerts.shelved-already` (409) */
export async function insertShelf(
  transaction: Transaction,
  shelf: Omit<ShelfRow, 'ended_at' | 'ended_by' | 'end_reason'>,
): Promise<void> {
  try {
    await sql`
      insert into alert_shelves (id, source, subject_id, rule, alert_id, kind, shelved_at, shelved_by, reason, until_time)
      values (${shelf.id}, ${shelf.source}, ${shelf.subject_id}, ${shelf.rule}, ${shelf.alert_id}, ${shelf.kind},
        ${shelf.shelved_at}, ${shelf.shelved_by}, ${shelf.reason}, ${shelf.until_time})`.execute(transaction);
  } catch (error) {
    if (violates(error, 'alert_shelves_one_open')) {
      throw new AndonError({
        code: 'alerts.shelved-already',
        message: 'This alert is shelved already.',
        nextStep: 'Take it off the shelf first.',
        status: 409,
        cause: error,
      });
    }
    throw error;
  }
}

/** Ends those that are still open; gives them as they were. */
export async function endShelves(
  transaction: Transaction,
  ids: readonly string[],
  end: { readonly at: Date; readonly by: string; readonly reason: string },
): Promise<ShelfRow[]> {
  const ended = await sql<ShelfRow>`
    update alert_shelves set ended_at = ${end.at}, ended_by = ${end.by}, end_reason = ${end.reason}
    where id = any(${[...ids]}::uuid[]) and ended_at is null returning *`.execute(transaction);
  return ended.rows;
}

/** Ends the one-shot shelves of alerts that just cleared, which have done their part; answers their ids. */
export async function endOneShots(
  transaction: Transaction,
  alertIds: readonly string[],
  at: Date,
): Promise<string[]> {
  if (alertIds.length === 0) {
    return [];
  }
  const ended = await sql<{ id: string }>`
    update alert_shelves set ended_at = ${at}, ended_by = 'system:alerts', end_reason = 'it cleared'
    where alert_id = any(${[...alertIds]}::uuid[]) and kind = 'one-shot' and ended_at is null
    returning id`.execute(transaction);
  return ended.rows.map((row) => row.id);
}

const shelvesAtOnceMax = 100;

/** Those whose time is up; another worker's are left to it. */
export async function lockDueShelves(transaction: Transaction, now: Date): Promise<ShelfRow[]> {
  const found = await sql<ShelfRow>`
    select * from alert_shelves where ended_at is null and until_time <= ${now}
    order by until_time limit ${shelvesAtOnceMax} for update skip locked`.execute(transaction);
  return found.rows;
}

export async function findOpenShelf(database: Database, subject: HoldSubject): Promise<ShelfRow | undefined> {
  const found = await sql<ShelfRow>`
    select * from alert_shelves where source = ${subject.source} and subject_id = ${subjectIdOf(subject)}
      and rule = ${subject.rule} and ended_at is null`.execute(database);
  return found.rows[0];
}

/** The shelves that alerts lie on, by alert. */
export async function shelvesHolding(
  transaction: Transaction,
  subjects: readonly HoldSubject[],
  now: Date,
): Promise<Map<string, Hold>> {
  const wanted = subjects.map((subject) => ({
    alert_id: subject.id,
    source: subject.source,
    subject_id: subjectIdOf(subject),
    rule: subject.rule,
  }));
  const found = await sql<{ alert: string; id: string; until_time: Date }>`
    select wanted.alert_id as alert, shelves.id, shelves.until_time
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      as wanted (alert_id uuid, source text, subject_id text, rule text)
    join alert_shelves as shelves on shelves.source = wanted.source and shelves.subject_id = wanted.subject_id
      and shelves.rule = wanted.rule and shelves.ended_at is null and shelves.until_time > ${now}`.execute(
    transaction,
  );
  return new Map(
    found.rows.map((row) => [row.alert, { kind: 'shelved', id: row.id, until: row.until_time }]),
  );
}

export async function listShelvesOf(database: Database, alertIds: readonly string[]): Promise<ShelfRow[]> {
  const found = await sql<ShelfRow>`
    select * from alert_shelves where id = any(${[...alertIds]}::uuid[])`.execute(database);
  return found.rows;
}

/** What lies on a shelf now, the first to come back first; one row more than `limit` where there is a next page. */
export async function listOpenShelves(
  database: Database,
  page: { readonly limit: number; readonly after?: { readonly until: string; readonly id: string } },
): Promise<ShelfRow[]> {
  const { after } = page;
  const found = await sql<ShelfRow>`
    select * from alert_shelves where ended_at is null
      ${after === undefined ? sql`` : sql`and (until_time, id) > (${after.until}::timestamptz, ${after.id}::uuid)`}
    order by until_time, id limit ${page.limit + 1}`.execute(database);
  return found.rows;
}
