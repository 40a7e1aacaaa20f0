import { randomSecret } from '@andon/shared/kernel';
import { appendEvents, sql, type Transaction } from '../platform/index.ts';
import { type CaseSubject, fillInSubject } from './customer.ts';
import { type CasesDependencies, type CasesGround, digestOfToken } from './ground.ts';
import { createdEvent, type EscalatedCase, openedActivity, stepActivities } from './opening.ts';
import type { ActivityRow, NewCaseRow } from './store.ts';

/**
 * Opens the cases of many fault episodes at once, by a few statements for all, as `openForEscalation` does for one.
 * Answers the case of each escalation; one that has a case already is left out.
 */
export async function openTogether(
  transaction: Transaction,
  { platform, dependencies }: CasesGround,
  escalated: readonly EscalatedCase[],
): Promise<Map<string, string>> {
  const now = new Date(platform.clock.now());
  const asked = await askedOnce(transaction, dependencies, escalated);
  const opening: { row: NewCaseRow; token: string; escalated: EscalatedCase }[] = [];
  for (const one of escalated) {
    const subject = await fillInSubject(transaction, asked, { deviceId: one.deviceId });
    const token = randomSecret(platform.random);
    opening.push({ row: rowOf(platform.newId(), one, subject, token, now), token, escalated: one });
  }
  const numbers = await insertCases(
    transaction,
    opening.map(({ row }) => row),
  );
  const opened = opening.flatMap((one) => {
    const number = numbers.get(one.row.id);
    return number === undefined ? [] : [{ ...one, row: { ...one.row, number } }];
  });
  await insertActivities(
    transaction,
    opened.flatMap(({ row, escalated: one }) => [
      openedActivity(platform.newId(), row, one.actor, now),
      ...stepActivities(() => platform.newId(), row.id, one),
    ]),
  );
  await appendEvents(
    transaction,
    opened.map(({ row, token, escalated: one }) => createdEvent(platform, row, token, one, now)),
  );
  return new Map(opened.map(({ row, escalated: one }) => [one.escalationId, row.id]));
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

/** The devices in one question, their assets in another, and everything else about their customers once. */
async function askedOnce(
  transaction: Transaction,
  dependencies: CasesDependencies,
  escalated: readonly EscalatedCase[],
): Promise<CasesDependencies> {
  const { accounts, assets, devices } = dependencies;
  const found = await devices.findDevices(transaction, [
    ...new Set(escalated.map(({ deviceId }) => deviceId)),
  ]);
  const assetIds = [...new Set([...found.values()].map(({ assetId }) => assetId))];
  const foundAssets = await assets.findAssets(transaction, assetIds);
  return {
    ...dependencies,
    devices: { ...devices, findDevice: async (_database, id) => found.get(id) },
    assets: { ...assets, findAsset: async (_database, id) => foundAssets.get(id) },
    accounts: {
      findContact: once((id) => accounts.findContact(transaction, id)),
      findAccount: once((id) => accounts.findAccount(transaction, id)),
      findPrimaryContact: once((id) => accounts.findPrimaryContact(transaction, id)),
    },
  };
}

function once<Found>(
  find: (id: string) => Promise<Found>,
): (database: unknown, id: string) => Promise<Found> {
  const answers = new Map<string, Promise<Found>>();
  return (_database, id) => {
    const answer = answers.get(id) ?? find(id);
    answers.set(id, answer);
    return answer;
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
