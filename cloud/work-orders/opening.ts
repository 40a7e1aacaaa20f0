import { alertReason } from '@andon/shared/contracts';
import { appendEvent, type Transaction } from '../platform/index.ts';
import { unknownReference, type WorkOrdersGround } from './ground.ts';
import { findIncidentType } from './incident-types.ts';
import type { NewTask, NewWorkOrder } from './schemas.ts';
import {
  addActivity,
  addTasks,
  adoptForEscalation,
  findIdOfEscalation,
  findWorkOrder,
  insertWorkOrder,
  linkToCase,
} from './store.ts';
import { tellCase } from './tell-case.ts';

/** What an escalation brings when somebody is to be sent. */
export interface EscalatedWorkOrder {
  /** The fault episode: it never gets a second work order. */
  readonly escalationId: string;
  readonly title: string;
  readonly description: string;
  readonly priority: 'critical' | 'high' | 'normal' | 'low';
  readonly deviceId: string;
  readonly alertId: string | null;
  /** All alerts of the episode: a work order that a person made for one of them becomes that of the episode. */
  readonly alertIds: readonly string[];
  /** The case of the episode, where it has one. */
  readonly caseId: string | null;
  readonly incidentTypeId: string | null;
  readonly actor: string;
  readonly causedBy?: number | undefined;
}

/** Makes a work order by hand and answers its id. */
export async function openByHand(
  transaction: Transaction,
  ground: WorkOrdersGround,
  input: NewWorkOrder,
  actor: string,
): Promise<string> {
  const id = await open(transaction, ground, { ...input, escalationId: null, actor });
  if (id === undefined) {
    throw new Error('a work order that was made by hand was not stored');
  }
  return id;
}

/** The work order of a fault episode: the one that there is, also by a person's hand, or a new one. */
export async function openForEscalation(
  transaction: Transaction,
  ground: WorkOrdersGround,
  escalated: EscalatedWorkOrder,
): Promise<{ workOrderId: string; isNew: boolean }> {
  const present = await findIdOfEscalation(transaction, escalated.escalationId);
  if (present !== undefined) {
    await linkToCase(transaction, present, escalated.caseId);
    return { workOrderId: present, isNew: false };
  }
  const byHand = await adoptForEscalation(transaction, escalated.escalationId, escalated.alertIds);
  if (byHand !== undefined) {
    await linkToCase(transaction, byHand, escalated.caseId);
    return { workOrderId: byHand, isNew: false };
  }
  const made = await open(transaction, ground, escalated);
  // undefined: another worker made it since we looked.
  const workOrderId = made ?? (await findIdOfEscalation(transaction, escalated.escalationId));
  if (workOrderId === undefined) {
    throw new Error(`the work order of escalation ${escalated.escalationId} can neither be made nor found`);
  }
  return { workOrderId, isNew: made !== undefined };
}

type Opening = NewWorkOrder & {
  readonly escalationId: string | null;
  readonly actor: string;
  readonly causedBy?: number | undefined;
};

/** Undefined where the escalation has a work order already. */
async function open(
  transaction: Transaction,
  ground: WorkOrdersGround,
  opening: Opening,
): Promise<string | undefined> {
  const { platform, dependencies } = ground;
  const { given, ...origin } = await originOf(transaction, ground, opening);
  const subject = await dependencies.cases.subjectOf(transaction, given);
  const type = opening.incidentTypeId
    ? await findIncidentType(transaction, opening.incidentTypeId)
    : undefined;
  // A policy may name a type that is gone by now: that is no reason to send nobody.
  if (opening.incidentTypeId && type === undefined && opening.escalationId === null) {
    throw unknownReference('incidentTypeId', opening.incidentTypeId);
  }
  const now = new Date(platform.clock.now());
  const id = platform.newId();
  const isNew = await insertWorkOrder(transaction, {
    id,
    title: opening.title,
    description: opening.description ?? null,
    priority: opening.priority ?? type?.priority ?? origin.priority ?? 'normal',
    incident_type_id: type?.id ?? null,
    account_id: subject.accountId,
    contact_id: subject.contactId,
    device_id: subject.deviceId,
    asset_id: subject.assetId,
    case_id: origin.caseId,
    alert_id: opening.alertId ?? null,
    escalation_id: opening.escalationId,
    created_by: opening.actor,
    created_at: now,
  });
  if (!isNew) {
    return undefined;
  }
  const tasks: NewTask[] = [...(type?.tasks ?? []), ...(opening.tasks ?? [])];
  await addTasks(
    transaction,
    id,
    tasks.map((task) => ({ ...task, id: platform.newId() })),
  );
  await announce(transaction, ground, id, opening, now);
  return id;
}

/** What the new one stands on: of an alert its device and its case; of a case its customer and its device. */
async function originOf(transaction: Transaction, ground: WorkOrdersGround, opening: Opening) {
  const { alerts, cases } = ground.dependencies;
  const alert = opening.alertId ? await alerts.find(transaction, opening.alertId) : undefined;
  if (opening.alertId && alert === undefined) {
    throw unknownReference('alertId', opening.alertId);
  }
  const caseId = opening.caseId ?? alert?.caseId ?? null;
  const found = caseId === null ? undefined : await cases.find(transaction, caseId);
  if (caseId !== null && found === undefined) {
    throw unknownReference('caseId', caseId);
  }
  return {
    caseId,
    priority: found?.priority,
    given: {
      accountId: opening.accountId ?? found?.accountId,
      contactId: opening.contactId ?? found?.contactId,
      deviceId: opening.deviceId ?? alert?.deviceId ?? found?.deviceId,
      assetId: opening.assetId ?? found?.assetId,
    },
  };
}

async function announce(
  transaction: Transaction,
  ground: WorkOrdersGround,
  id: string,
  { actor, alertId, causedBy }: Opening,
  now: Date,
): Promise<void> {
  const row = await findWorkOrder(transaction, id);
  if (row === undefined) {
    throw new Error(`the work order ${id} was just stored and is not there`);
  }
  const because = causedBy === undefined ? {} : { causedBy };
  await addActivity(transaction, {
    id: ground.platform.newId(),
    work_order_id: id,
    at: now,
    kind: 'created',
    title: `${row.number} made`,
    detail: row.description,
    actor,
  });
  if (alertId) {
    const reason = alertReason('work-order-open');
    await ground.dependencies.alerts.changeStatus(transaction, {
      alertId,
      to: 'in-progress',
      reason,
      actor,
      ...because,
    });
  }
  await tellCase(transaction, ground, row, {
    title: `${row.number} made: ${row.title}`,
    detail: null,
    actor,
  });
  await appendEvent(transaction, {
    type: 'work-order.created',
    key: id,
    payload: {
      workOrderId: id,
      number: row.number,
      title: row.title,
      accountId: row.account_id,
      contactId: row.contact_id,
      deviceId: row.device_id,
      assetId: row.asset_id,
      caseId: row.case_id,
      alertId: row.alert_id,
      priority: row.priority,
    },
    actor,
    occurredAt: now,
    ...because,
  });
}
