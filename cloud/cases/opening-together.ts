import { randomSecret } from '@andon/shared/kernel';
import type { Device } from '../devices/index.ts';
import { appendEvents, sql, type Transaction } from '../platform/index.ts';
import { type CaseSubject, subjectOfDevice } from './customer.ts';
import { type CasesGround, digestOfToken } from './ground.ts';
import { createdEvent, type EscalatedCase, openedActivity, stepActivities } from './opening.ts';
import type { ActivityRow, NewCaseRow } from './store.ts';

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
    const token = randomSecret(platform.random);
    const subject = subjectOfDevice(device, contacts.get(device.accountId) ?? null);
    return { row: rowOf(caseId, escalated, subject, token, now), token, escalated };
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
    opened.map(({ row, token, escalated }) => createdEvent(platform, row, token, escalated, now)),
  );
}

function rowOf(
  id: string,
  escalated: EscalatedCase,
  subject: CaseSubject,
  token: string,
  now: Date,
): NewCaseRow {
  return {
    id,
    title: escalated.title,
    description: escalated.description,
    status: 'active',
    status_reason: 'in-progress',
    priority: escalated.priority,
    origin: 'iot',
    account_id: subject.accountId,
    contact_id: subject.contactId,
    device_id: subject.deviceId,
    asset_id: subject.assetId,
    product_name: subject.productName,
    serial_number: subject.serialNumber,
    alert_id: escalated.alertId,
    error_code: escalated.errorCode,
    evidence: escalated.evidence,
    escalation_id: escalated.escalationId,
    public_token: token,
    public_token_sha256: digestOfToken(token),
    created_by: escalated.actor,
    created_at: now,
  };
}

/** Answers the numbers of those that were inserted, by id. */
async function insertCases(
  transaction: Transaction,
  rows: readonly NewCaseRow[],
): Promise<Map<string, string>> {
  const inserted = await sql<{ id: string; number: string }>`
    insert into cases (id, title, description, status, status_reason, priority, origin, account_id, contact_id,
      device_id, asset_id, product_name, serial_number, alert_id, error_code, evidence, escalation_id, public_token,
      public_token_sha256, created_by, created_at, updated_at)
    select id, title, description, status, status_reason, priority, origin, account_id, contact_id, device_id,
      asset_id, product_name, serial_number, alert_id, error_code, evidence, escalation_id, public_token,
      public_token_sha256, created_by, created_at, created_at
    from jsonb_populate_recordset(null::cases, ${JSON.stringify(rows)}::jsonb)
    on conflict (escalation_id) do nothing
    returning id, number`.execute(transaction);
  return new Map(inserted.rows.map(({ id, number }) => [id, number]));
}

async function insertActivities(transaction: Transaction, activities: readonly ActivityRow[]): Promise<void> {
  await sql`
    insert into case_activities (id, case_id, at, kind, title, detail, actor, source)
    select id, case_id, at, kind, title, detail, actor, source
    from jsonb_populate_recordset(null::case_activities, ${JSON.stringify(activities)}::jsonb)`.execute(
    transaction,
  );
}
