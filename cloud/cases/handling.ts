import { appendEvent, staleVersion, type Transaction } from '../platform/index.ts';
import { fillInSubject } from './customer.ts';
import { type CasesGround, noSuchCase, publicUrlOf } from './ground.ts';
import type { CaseEdit } from './schemas.ts';
import { type CaseStatusReason, requireStep, requireWritable, statusOfReason } from './status.ts';
import { type CaseTables, changeCase, lockCase, putActivity } from './store.ts';

type LockedCase = CaseTables['cases'];

export interface CaseStep {
  readonly caseId: string;
  /** The version that it is based on; undefined where the caller does not mind. */
  readonly expectedVersion: number | undefined;
  readonly actor: string;
}

async function locked(transaction: Transaction, step: CaseStep): Promise<LockedCase> {
  const row = await lockCase(transaction, step.caseId);
  if (row === undefined) {
    throw noSuchCase();
  }
  if (step.expectedVersion !== undefined && step.expectedVersion !== row.version) {
    throw staleVersion(step.expectedVersion, row.version);
  }
  return row;
}

/**
 * Changes the reason of the status, and with it the status. Resolving takes a resolution and keeps who and when;
 * leaving `resolved` clears that record (the timeline keeps it).
 */
export async function changeStatus(
  transaction: Transaction,
  ground: CasesGround,
  step: CaseStep & {
    readonly statusReason: CaseStatusReason;
    readonly explanation: string | null;
    /** Only who says so brings a case back that was resolved or cancelled. */
    readonly reactivates: boolean;
  },
): Promise<void> {
  const { platform } = ground;
  const row = await locked(transaction, step);
  requireStep(row.status, step.statusReason);
  if (row.status_reason === step.statusReason) {
    return;
  }
  const to = statusOfReason[step.statusReason];
  if (to === 'active' && !step.reactivates) {
    requireWritable(row.status);
  }
  const now = new Date(platform.clock.now());
  const isResolved = to === 'resolved';
  await changeCase(
    transaction,
    row.id,
    {
      status: to,
      status_reason: step.statusReason,
      resolution: isResolved ? step.explanation : null,
      resolved_at: isResolved ? now : null,
      resolved_by: isResolved ? step.actor : null,
    },
    now,
  );
  await putActivity(transaction, {
    id: platform.newId(),
    case_id: row.id,
    at: now,
    kind: 'status',
    title: to === row.status ? `Now ${step.statusReason}` : `${row.status} → ${to} (${step.statusReason})`,
    detail: step.explanation,
    actor: step.actor,
    source: null,
  });
  await appendEvent(transaction, {
    type: 'case.status-changed',
    key: row.id,
    payload: {
      caseId: row.id,
      number: row.number,
      title: row.title,
      accountId: row.account_id,
      contactId: row.contact_id,
      deviceId: row.device_id,
      from: row.status,
      to,
      statusReason: step.statusReason,
      resolution: isResolved ? step.explanation : null,
      publicUrl: publicUrlOf(platform, row.public_token),
    },
    actor: step.actor,
    occurredAt: now,
  });
}

/** Changes what is written about a case, and tells which of it. */
export async function edit(
  transaction: Transaction,
  ground: CasesGround,
  step: CaseStep & { readonly input: CaseEdit },
): Promise<void> {
  const row = await locked(transaction, step);
  requireWritable(row.status);
  const contactId = step.input.contactId === undefined ? row.contact_id : step.input.contactId;
  if (contactId !== null && contactId !== row.contact_id) {
    await fillInSubject(transaction, ground.dependencies, { accountId: row.account_id, contactId });
  }
  const now = new Date(ground.platform.clock.now());
  const { title, priority, description = null } = step.input;
  await changeCase(transaction, row.id, { title, description, priority, contact_id: contactId }, now);
  const changes = {
    title: title !== row.title,
    description: description !== row.description,
    priority: priority !== row.priority,
    contactId: contactId !== row.contact_id,
  };
  await appendEvent(transaction, {
    type: 'case.changed',
    key: row.id,
    payload: {
      caseId: row.id,
      number: row.number,
      alertId: row.alert_id,
      priority,
      changed: Object.entries(changes).flatMap(([name, isChanged]) => (isChanged ? [name] : [])),
    },
    actor: step.actor,
    occurredAt: now,
  });
}

/** Adds a note. It is no edit of the case, so its version stays. */
export async function addNote(
  transaction: Transaction,
  { platform }: CasesGround,
  note: { readonly caseId: string; readonly text: string; readonly actor: string },
): Promise<void> {
  const row = await locked(transaction, { ...note, expectedVersion: undefined });
  requireWritable(row.status);
  const now = new Date(platform.clock.now());
  const id = platform.newId();
  await putActivity(transaction, {
    id,
    case_id: row.id,
    at: now,
    kind: 'note',
    title: 'Note',
    detail: note.text,
    actor: note.actor,
    source: null,
  });
  await appendEvent(transaction, {
    type: 'case.note-added',
    key: row.id,
    payload: { caseId: row.id, number: row.number, noteId: id },
    actor: note.actor,
    occurredAt: now,
  });
}
