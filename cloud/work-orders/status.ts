import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';

export const workOrderStatuses = [
  'unscheduled',
  'scheduled',
  'in-progress',
  'completed',
  'posted',
  'cancelled',
] as const;
export const WorkOrderStatus = Type.Enum([...workOrderStatuses]);
export type WorkOrderStatus = Static<typeof WorkOrderStatus>;

export const workOrderSteps = [
  'schedule',
  'unschedule',
  'start',
  'complete',
  'post',
  'cancel',
  'reopen',
] as const;
export type WorkOrderStep = (typeof workOrderSteps)[number];

/** Which step leads from which status to which; what is not here is refused. */
const table: Readonly<Record<WorkOrderStep, Partial<Record<WorkOrderStatus, WorkOrderStatus>>>> = {
  schedule: { unscheduled: 'scheduled', scheduled: 'scheduled' },
  unschedule: { scheduled: 'unscheduled' },
  start: { unscheduled: 'in-progress', scheduled: 'in-progress' },
  complete: { 'in-progress': 'completed' },
  post: { completed: 'posted' },
  cancel: { unscheduled: 'cancelled', scheduled: 'cancelled', 'in-progress': 'cancelled' },
  reopen: { completed: 'in-progress', cancelled: 'unscheduled' },
};

/** The steps that are possible now. */
export function stepsFrom(status: WorkOrderStatus): WorkOrderStep[] {
  return workOrderSteps.filter((step) => table[step][status] !== undefined);
}

/** @throws AndonError `work-orders.step-refused` (409) where this status has no such step. */
export function statusAfter(status: WorkOrderStatus, step: WorkOrderStep): WorkOrderStatus {
  const next = table[step][status];
  if (next === undefined) {
    const possible = stepsFrom(status);
    throw new AndonError({
      code: 'work-orders.step-refused',
      message: `A work order that is ${status} cannot take the step "${step}".`,
      nextStep: possible.length === 0 ? 'Make a new work order.' : `Possible now: ${possible.join(', ')}.`,
      status: 409,
      details: { status, step, possible },
    });
  }
  return next;
}

const writable: ReadonlySet<WorkOrderStatus> = new Set(['unscheduled', 'scheduled', 'in-progress']);

/** @throws AndonError `work-orders.read-only` (409) once it is completed, posted or cancelled. */
export function requireWritable(status: WorkOrderStatus): void {
  if (!writable.has(status)) {
    throw new AndonError({
      code: 'work-orders.read-only',
      message: `The work order is ${status}, so it can only be read.`,
      nextStep: stepsFrom(status).includes('reopen') ? 'Reopen it first.' : 'Make a new work order.',
      status: 409,
      details: { status },
    });
  }
}
