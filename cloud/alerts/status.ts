import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';

/**
 * What is being done about an alert, apart from whether its condition lasts. `active`: nobody works on it.
 * `in-progress`: a remedy, a case or a person does. `inactive`: it went away by itself. `closed`: somebody or
 * something put an end to it, and it never changes again.
 */
export const AlertStatus = Type.Enum(['active', 'in-progress', 'closed', 'inactive']);
export type AlertStatus = Static<typeof AlertStatus>;

const next: Readonly<Record<AlertStatus, readonly AlertStatus[]>> = {
  active: ['in-progress', 'inactive', 'closed'],
  'in-progress': ['active', 'closed'],
  inactive: ['in-progress', 'closed'],
  closed: [],
};

export function mayBecome(from: AlertStatus, to: AlertStatus): boolean {
  return next[from].includes(to);
}

/** @throws AndonError `alerts.status-refused` (409) where the machine has no such step. */
export function requireStatusStep(from: AlertStatus, to: AlertStatus): void {
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
