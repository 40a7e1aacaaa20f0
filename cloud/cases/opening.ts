import { randomSecret } from '@andon/shared/kernel';
import { appendEvent, type NewEvent, type Platform, type Transaction } from '../platform/index.ts';
import { type CaseSubject, fillInSubject } from './customer.ts';
import { type CasesGround, digestOfToken, publicUrlOf } from './ground.ts';
import type { CaseOrigin, CasePriority, NewCase } from './schemas.ts';
import {
  type ActivityRow,
  type CaseRow,
  findCase,
  findCaseOfEscalation,
  insertCases,
  type NewCaseRow,
  putActivity,
} from './store.ts';

/** What an escalation brings when its fault could not be remedied. */
export interface EscalatedCase {
  /** The fault episode: it never gets a second case. */
  readonly escalationId: string;
  readonly title: string;
  readonly description: string;
  readonly priority: CasePriority;
  readonly deviceId: string;
  readonly alertId: string | null;
  readonly errorCode: number | null;
  /** A document for people and programs: alerts with transitions, commands with boot ids, last readings. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly at: Date; readonly title: string; readonly detail: string | null }[];
  readonly actor: string;
  readonly causedBy?: number | undefined;
}

/** Opens a case by hand and answers its id. */
export async function openByHand(
  transaction: Transaction,
  ground: CasesGround,
  input: NewCase,
  actor: string,
): Promise<string> {
  const subject = await fillInSubject(transaction, ground.dependencies, input);
  const row = await open(transaction, ground, {
    title: input.title,
    description: input.description ?? null,
    priority: input.priority ?? 'normal',
    origin: input.origin ?? 'phone',
    subject,
    alertId: null,
    errorCode: null,
    evidence: null,
    escalationId: null,
    actor,
  });
  if (row === undefined) {
    throw new Error('a case that was opened by hand was not stored');
  }
  return row.id;
}

/** The case of a fault episode: the one that there is, or a new one. */
export async function openForEscalation(
  transaction: Transaction,
  ground: CasesGround,
  escalated: EscalatedCase,
): Promise<{ caseId: string; isNew: boolean }> {
  const present = await findCaseOfEscalation(transaction, escalated.escalationId);
  if (present !== undefined) {
    return { caseId: present.id, isNew: false };
  }
  const { steps: _steps, deviceId, ...rest } = escalated;
  const subject = await fillInSubject(transaction, ground.dependencies, { deviceId });
  const row = await open(transaction, ground, { ...rest, origin: 'iot', subject });
  if (row === undefined) {
    // Another worker opened it since we looked.
    const theirs = await findCaseOfEscalation(transaction, escalated.escalationId);
    if (theirs === undefined) {
      throw new Error(`the case of escalation ${escalated.escalationId} can neither be opened nor found`);
    }
    return { caseId: theirs.id, isNew: false };
  }
  for (const activity of stepActivities(() => ground.platform.newId(), row.id, escalated)) {
    await putActivity(transaction, activity);
  }
  return { caseId: row.id, isNew: true };
}

/** What a new case is made of. */
export interface Opening {
  readonly title: string;
  readonly description: string | null;
  readonly priority: CasePriority;
  readonly origin: CaseOrigin;
  readonly subject: CaseSubject;
  readonly alertId: string | null;
  readonly errorCode: number | null;
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly escalationId: string | null;
  readonly actor: string;
  readonly causedBy?: number | undefined;
}

/** Undefined where the escalation has a case already. */
async function open(
  transaction: Transaction,
  { platform }: CasesGround,
  opening: Opening,
): Promise<CaseRow | undefined> {
  const now = new Date(platform.clock.now());
  const id = platform.newId();
  await insertCases(transaction, [newCaseRow(platform, id, opening, now)]);
  const row = await findCase(transaction, id);
  if (row === undefined) {
    return undefined;
  }
  await putActivity(transaction, openedActivity(platform.newId(), row, opening.actor, now));
  await appendEvent(transaction, createdEvent(platform, row, opening, now));
  return row;
}

/** What a case begins with, the secret of its public page among it. */
export function newCaseRow(
  { random }: Pick<Platform, 'random'>,
  id: string,
  opening: Opening,
  now: Date,
): NewCaseRow {
  const { subject } = opening;
  const token = randomSecret(random);
  return {
    id,
    title: opening.title,
    description: opening.description,
    status: 'active',
    status_reason: 'in-progress',
    priority: opening.priority,
    origin: opening.origin,
    account_id: subject.accountId,
    contact_id: subject.contactId,
    device_id: subject.deviceId,
    asset_id: subject.assetId,
    product_name: subject.productName,
    serial_number: subject.serialNumber,
    alert_id: opening.alertId,
    error_code: opening.errorCode,
    evidence: opening.evidence,
    escalation_id: opening.escalationId,
    public_token: token,
    public_token_sha256: digestOfToken(token),
    created_by: opening.actor,
    created_at: now,
  };
}

/** The first entry of a case's timeline. */
export function openedActivity(
  id: string,
  row: Pick<CaseRow, 'id' | 'number' | 'description'>,
  actor: string,
  now: Date,
): ActivityRow {
  return {
    id,
    case_id: row.id,
    at: now,
    kind: 'created',
    title: `${row.number} opened`,
    detail: row.description,
    actor,
    source: 'created',
  };
}

/** What the escalation has done before the case was opened. */
export function stepActivities(
  newId: () => string,
  caseId: string,
  { escalationId, steps }: Pick<EscalatedCase, 'escalationId' | 'steps'>,
): ActivityRow[] {
  return steps.map((step, index) => ({
    id: newId(),
    case_id: caseId,
    kind: 'escalation',
    actor: 'system:escalations',
    source: `escalation:${escalationId}:${index}`,
    ...step,
  }));
}

export function createdEvent(
  platform: Pick<Platform, 'publicUrl'>,
  row: NewCaseRow & { readonly number: string },
  { actor, causedBy }: { readonly actor: string; readonly causedBy?: number | undefined },
  now: Date,
): NewEvent {
  return {
    type: 'case.created',
    key: row.id,
    payload: {
      caseId: row.id,
      number: row.number,
      title: row.title,
      accountId: row.account_id,
      contactId: row.contact_id,
      deviceId: row.device_id,
      assetId: row.asset_id,
      alertId: row.alert_id,
      errorCode: row.error_code,
      priority: row.priority,
      origin: row.origin,
      publicUrl: publicUrlOf(platform, row.public_token),
    },
    actor,
    occurredAt: now,
    ...(causedBy === undefined ? {} : { causedBy }),
  };
}
