import { randomSecret } from '@andon/shared/kernel';
import { appendEvent, type Transaction } from '../platform/index.ts';
import { type CaseSubject, fillInSubject } from './customer.ts';
import { type CasesGround, digestOfToken, publicUrlOf } from './ground.ts';
import type { CaseOrigin, CasePriority, NewCase } from './schemas.ts';
import { type CaseRow, findCase, findCaseOfEscalation, insertCase, putActivity } from './store.ts';

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
  const { steps, deviceId, ...rest } = escalated;
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
  for (const [index, step] of steps.entries()) {
    await putActivity(transaction, {
      id: ground.platform.newId(),
      case_id: row.id,
      kind: 'escalation',
      actor: 'system:escalations',
      source: `escalation:${escalated.escalationId}:${index}`,
      ...step,
    });
  }
  return { caseId: row.id, isNew: true };
}

interface Opening {
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
  const { subject } = opening;
  const id = platform.newId();
  const token = randomSecret(platform.random);
  await insertCase(transaction, {
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
  });
  const row = await findCase(transaction, id);
  if (row === undefined) {
    return undefined;
  }
  await putActivity(transaction, {
    id: platform.newId(),
    case_id: id,
    at: now,
    kind: 'created',
    title: `${row.number} opened`,
    detail: opening.description,
    actor: opening.actor,
    source: 'created',
  });
  await appendEvent(transaction, {
    type: 'case.created',
    key: id,
    payload: {
      caseId: id,
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
      publicUrl: publicUrlOf(platform, token),
    },
    actor: opening.actor,
    occurredAt: now,
    ...(opening.causedBy === undefined ? {} : { causedBy: opening.causedBy }),
  });
  return row;
}
