import { AndonError } from '@andon/shared/kernel';
import { appendEvent, findPerson, type Transaction } from '../platform/index.ts';
import {
  doesTheWork,
  locked,
  lockedAndOpen,
  unknownReference,
  type WorkOrderChange,
  type WorkOrdersGround,
} from './ground.ts';
import type { Visit, WorkOrderEdit } from './schemas.ts';
import { statusAfter, type WorkOrderStatus, type WorkOrderStep } from './status.ts';
import { addActivity, changeWorkOrder, hasOthersOpen, listTasks, type WorkOrderColumns } from './store.ts';
import { tellCase } from './tell-case.ts';

type StatusChange = WorkOrderChange &
  (
    | { readonly step: 'schedule'; readonly visit: Visit }
    | { readonly step: 'complete'; readonly outcome: string }
    | { readonly step: Exclude<WorkOrderStep, 'schedule' | 'complete'>; readonly reason: string | null }
  );

/** One step of the status machine: stored, told on both timelines, and an event, in one transaction. */
export async function takeStep(
  transaction: Transaction,
  ground: WorkOrdersGround,
  change: StatusChange,
): Promise<void> {
  const { platform } = ground;
  const row = await locked(transaction, change);
  const to = statusAfter(row.status, change.step);
  const now = new Date(platform.clock.now());
  const { columns, detail } = await effectOf(transaction, row, change, to, now);
  await changeWorkOrder(transaction, row.id, { ...columns, status: to }, now);
  const title = `${row.number} ${to}`;
  await addActivity(transaction, {
    id: platform.newId(),
    work_order_id: row.id,
    at: now,
    kind: 'status',
    title: row.status === to ? `Again ${to}` : `${row.status} → ${to}`,
    detail,
    actor: change.actor,
  });
  // One version on: that of the row as it was tells of the step before.
  const changed = { ...row, version: row.version + 1 };
  await tellCase(transaction, ground, changed, {
    title,
    detail,
    actor: change.actor,
    returns: to === 'completed',
  });
  await appendEvent(transaction, {
    type: 'work-order.status-changed',
    key: row.id,
    payload: {
      workOrderId: row.id,
      number: row.number,
      title: row.title,
      accountId: row.account_id,
      contactId: row.contact_id,
      deviceId: row.device_id,
      caseId: row.case_id,
      alertId: row.alert_id,
      escalationId: row.escalation_id,
      alertHasOthers: row.alert_id !== null && (await hasOthersOpen(transaction, row.id, row.alert_id)),
      from: row.status,
      to,
      technicianId: columns.technician_id === undefined ? row.technician_id : columns.technician_id,
      scheduledFrom: (columns.scheduled_from ?? row.scheduled_from)?.toISOString() ?? null,
      scheduledUntil: (columns.scheduled_until ?? row.scheduled_until)?.toISOString() ?? null,
      outcome: columns.outcome ?? null,
    },
    actor: change.actor,
    occurredAt: now,
  });
}

interface Effect {
  readonly columns: Parameters<typeof changeWorkOrder>[2];
  readonly detail: string | null;
}

async function effectOf(
  transaction: Transaction,
  row: WorkOrderColumns,
  change: StatusChange,
  to: WorkOrderStatus,
  now: Date,
): Promise<Effect> {
  switch (change.step) {
    case 'schedule':
      return appointment(transaction, change.visit);
    case 'complete':
      await requireTasksDone(transaction, row);
      return {
        columns: { outcome: change.outcome, completed_at: now, completed_by: change.actor },
        detail: change.outcome,
      };
    case 'start':
      return { columns: { started_at: row.started_at ?? now }, detail: change.reason };
    case 'unschedule':
      return { columns: noAppointment, detail: change.reason };
    case 'reopen':
      return {
        columns: {
          outcome: null,
          completed_at: null,
          completed_by: null,
          ...(to === 'unscheduled' ? noAppointment : {}),
        },
        detail: change.reason,
      };
    case 'post':
    case 'cancel':
      return { columns: {}, detail: change.reason };
  }
}

const noAppointment = { technician_id: null, scheduled_from: null, scheduled_until: null };

async function appointment(transaction: Transaction, visit: Visit): Promise<Effect> {
  const [from, until] = [new Date(visit.from), new Date(visit.until)];
  if (until <= from) {
    throw new AndonError({
      code: 'work-orders.visit-ends-before-it-begins',
      message: 'The visit has to end after it begins.',
      nextStep: 'Give an `until` that is later than `from`.',
      field: 'until',
      status: 422,
    });
  }
  const technician = await findPerson(transaction, visit.technicianId, doesTheWork);
  if (technician === undefined) {
    throw unknownReference('technicianId', visit.technicianId);
  }
  if (!technician.may) {
    throw new AndonError({
      code: 'work-orders.not-a-role-for-visits',
      message: `${technician.name} may not do the work: a ${technician.role} needs ${doesTheWork}.`,
      nextStep:
        'Name one of GET /v1/work-orders/technicians, or let an administrator give them another role.',
      field: 'technicianId',
      status: 422,
      details: { permission: doesTheWork },
    });
  }
  return {
    columns: { technician_id: technician.id, scheduled_from: from, scheduled_until: until },
    detail: `${technician.name}, ${spoken(from)} to ${spoken(until)} UTC`,
  };
}

const spoken = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ');

async function requireTasksDone(transaction: Transaction, row: WorkOrderColumns): Promise<void> {
  const open = (await listTasks(transaction, row.id)).filter((task) => task.done_at === null);
  if (open.length > 0) {
    throw new AndonError({
      code: 'work-orders.tasks-open',
      message: `${open.length} of its tasks ${open.length === 1 ? 'is' : 'are'} not done: ${open.map((task) => task.title).join(', ')}.`,
      nextStep: 'Mark them as done, or remove what was not needed.',
      status: 409,
      details: { taskIds: open.map((task) => task.id) },
    });
  }
}

/** Changes what is written about a work order, and tells which of it. */
export async function edit(
  transaction: Transaction,
  { platform }: WorkOrdersGround,
  change: WorkOrderChange & { readonly input: WorkOrderEdit },
): Promise<void> {
  const row = await lockedAndOpen(transaction, change);
  const now = new Date(platform.clock.now());
  const { title, priority, description = null } = change.input;
  await changeWorkOrder(transaction, row.id, { title, description, priority }, now);
  const changes = {
    title: title !== row.title,
    description: description !== row.description,
    priority: priority !== row.priority,
  };
  await appendEvent(transaction, {
    type: 'work-order.changed',
    key: row.id,
    payload: {
      workOrderId: row.id,
      number: row.number,
      changed: Object.entries(changes).flatMap(([name, isChanged]) => (isChanged ? [name] : [])),
    },
    actor: change.actor,
    occurredAt: now,
  });
}

/** Adds a note. It is no edit of the work order, so its version stays. */
export async function addNote(
  transaction: Transaction,
  { platform }: WorkOrdersGround,
  note: { readonly workOrderId: string; readonly text: string; readonly actor: string },
): Promise<void> {
  const row = await lockedAndOpen(transaction, { ...note, expectedVersion: undefined });
  const now = new Date(platform.clock.now());
  await addActivity(transaction, {
    id: platform.newId(),
    work_order_id: row.id,
    at: now,
    kind: 'note',
    title: 'Note',
    detail: note.text,
    actor: note.actor,
  });
  await appendEvent(transaction, {
    type: 'work-order.note-added',
    key: row.id,
    payload: { workOrderId: row.id, number: row.number, caseId: row.case_id },
    actor: note.actor,
    occurredAt: now,
  });
}
