import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';

export const CaseStatus = Type.Enum(['active', 'resolved', 'cancelled']);
export type CaseStatus = Static<typeof CaseStatus>;

export const CaseStatusReason = Type.Enum([
  'in-progress',
  'on-hold',
  'waiting-for-details',
  'researching',
  'problem-solved',
  'information-provided',
  'cancelled',
]);
export type CaseStatusReason = Static<typeof CaseStatusReason>;

/** Each reason belongs to one status. */
export const statusOfReason: Readonly<Record<CaseStatusReason, CaseStatus>> = {
  'in-progress': 'active',
  'on-hold': 'active',
  'waiting-for-details': 'active',
  researching: 'active',
  'problem-solved': 'resolved',
  'information-provided': 'resolved',
  cancelled: 'cancelled',
};

const next: Readonly<Record<CaseStatus, readonly CaseStatus[]>> = {
  active: ['active', 'resolved', 'cancelled'],
  resolved: ['active'],
  cancelled: ['active'],
};

/** @throws AndonError `cases.status-refused` (409) where a case of this status cannot take this reason. */
export function requireStep(from: CaseStatus, reason: CaseStatusReason): void {
  const to = statusOfReason[reason];
  if (!next[from].includes(to)) {
    throw new AndonError({
      code: 'cases.status-refused',
      message: `A case that is ${from} cannot become ${to}.`,
      nextStep: `From ${from} it may become ${next[from].join(' or ')}.`,
      field: 'statusReason',
      status: 409,
      details: { from, to },
    });
  }
}

/** @throws AndonError `cases.read-only` (409) once a case is resolved or cancelled. */
export function requireWritable(status: CaseStatus): void {
  if (status !== 'active') {
    throw new AndonError({
      code: 'cases.read-only',
      message: `The case is ${status}, so it can only be read.`,
      nextStep: 'Reactivate it first.',
      status: 409,
      details: { status },
    });
  }
}
