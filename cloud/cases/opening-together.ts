import type { Device } from '../devices/index.ts';
import { appendEvents, sql, type Transaction } from '../platform/index.ts';
import { subjectOfDevice } from './customer.ts';
import type { CasesGround } from './ground.ts';
import { createdEvent, type EscalatedCase, newCaseRow, openedActivity, stepActivities } from './opening.ts';
import { type ActivityRow, insertCases } from './store.ts';

/** A fault episode that gets a case of this id, and its device. */
export interface EscalatedTogether {
  readonly caseId: string;
  readonly escalated: EscalatedCase;
  readonly device: Device;
}

/**
 * Opens the cases of many new fault episodes at once, by a few statements for all, as `openForEscalation` does for one.
 * @throws Error where an escalation has a case already
 */
export async function openTogether(
  transaction: Transaction,
  { platform, dependencies }: CasesGround,
  together: readonly EscalatedTogether[],
): Promise<void> {
  const now = new Date(platform.clock.now());
  const accountIds = [...new Set(together.map(({ device }) => device.accountId))];
  const contacts = await dependencies.accounts.findPrimaryContactIds(transaction, accountIds);
  const opening = together.map(({ caseId, escalated, device }) => {
    const subject = subjectOfDevice(device, contacts.get(device.accountId) ?? null);
    return { row: newCaseRow(platform, caseId, { ...escalated, origin: 'iot', subject }, now), escalated };
  });
  const numbers = await insertCases(
    transaction,
    opening.map(({ row }) => row),
  );
  const opened = opening.map((one) => {
    const number = numbers.get(one.row.id);
    if (number === undefined) {
      throw new Error(`the escalation ${one.escalated.escalationId} had a case before it was stored`);
    }
    return { ...one, row: { ...one.row, number } };
  });
  await insertActivities(
    transaction,
    opened.flatMap(({ row, escalated }) => [
      openedActivity(platform.newId(), row, escalated.actor, now),
      ...stepActivities(() => platform.newId(), row.id, escalated),
    ]),
  );
  await appendEvents(
    transaction,
    opened.map(({ row, escalated }) => createdEvent(platform, row, escalated, now)),
  );
}

async function insertActivities(transaction: Transaction, activities: readonly ActivityRow[]): Promise<void> {
  await sql`
    insert into case_activities (id, case_id, at, kind, title, detail, actor, source)
    select id, case_id, at, kind, title, detail, actor, source
    from jsonb_populate_recordset(null::case_activities, ${JSON.stringify(activities)}::jsonb)`.execute(
    transaction,
  );
}
