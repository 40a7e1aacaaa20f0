import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';

/**
 * What is being done about an alert, apart from whether its condition lasts. `active`: nobody works on it.
 * `in-progress`: a remedy, a case or a person does. `inactive`: it went away by itself. `closed`: somebody or
 * something put an end to it, and it never changes again.
 */
export const AlertStatus = Type.Enum(['active', 'in-progress', 'closed', 'inactive']);
export type AlertStatus = Static<typeof AlertStatus>;

/** How far the work is. An alert in progress without one is seen to by a person. */
export const AlertProgress = Type.Enum([
  'command-sent',
  'command-failed',
  'case-created',
  'work-order-created',
]);
export type AlertProgress = Static<typeof AlertProgress>;

export interface AlertPlace {
  readonly status: AlertStatus;
  /** Null with every status but in-progress. */
  readonly progress: AlertProgress | null;
}

/** A place in one word. */
export type AlertStage = Exclude<AlertStatus, 'in-progress'> | 'in-progress' | AlertProgress;

/**
 * THE table. A case that was opened stays what is being done until it is closed: a further command changes nothing.
 * While a command is out, a clear may be its doing and proves nothing yet: whoever sent it closes the alert.
 */
const next: Readonly<Record<AlertStage, readonly AlertStage[]>> = {
  active: ['in-progress', 'command-sent', 'case-created', 'work-order-created', 'inactive', 'closed'],
  'in-progress': ['active', 'command-sent', 'case-created', 'work-order-created', 'closed'],
  'command-sent': ['command-failed', 'case-created', 'work-order-created', 'in-progress', 'active', 'closed'],
  'command-failed': [
    'command-sent',
    'case-created',
    'work-order-created',
    'in-progress',
    'active',
    'inactive',
    'closed',
  ],
  'case-created': ['work-order-created', 'active', 'closed'],
  'work-order-created': ['case-created', 'active', 'closed'],
  inactive: ['in-progress', 'command-sent', 'case-created', 'work-order-created', 'closed'],
  closed: [],
};

export const alertStages: readonly AlertStage[] = [
  'active',
  'in-progress',
  'command-sent',
  'command-failed',
  'case-created',
  'work-order-created',
  'inactive',
  'closed',
];

export function stageOf({ status, progress }: AlertPlace): AlertStage {
  return status === 'in-progress' ? (progress ?? 'in-progress') : status;
}

export function placeOf(stage: AlertStage): AlertPlace {
  switch (stage) {
    case 'active':
    case 'inactive':
    case 'closed':
    case 'in-progress':
      return { status: stage, progress: null };
    case 'command-sent':
    case 'command-failed':
    case 'case-created':
    case 'work-order-created':
      return { status: 'in-progress', progress: stage };
  }
}

export function mayBecome(from: AlertStage, to: AlertStage): boolean {
  return next[from].includes(to);
}

/** As `mayBecome`, for programs: what is given back when its condition is over has gone away by itself. */
export function mayComeTo(from: AlertStage, to: AlertStage): boolean {
  return mayBecome(from, to) || (to === 'inactive' && mayBecome(from, 'active') && mayBecome('active', to));
}

/** Nobody needs to see what never changes again. What came back to normal may still be seen to. */
export function mayBeAcknowledged(stage: AlertStage): boolean {
  return next[stage].length > 0;
}

/** @throws AndonError `alerts.status-refused` (409) where the machine has no such step. */
export function requireStatusStep(from: AlertStage, to: AlertStage): void {
  if (!mayBecome(from, to)) {
    throw new AndonError({
      code: 'alerts.status-refused',
      message: `An alert that is ${from} cannot become ${to}.`,
      nextStep:
        next[from].length === 0
          ? 'A closed alert stays closed; a new violation is an alert of its own.'
          : `From ${from} it may become ${next[from].join(' or ')}.`,
      field: 'status',
      status: 409,
      details: { from, to },
    });
  }
}
