import { AndonError } from '@andon/shared/kernel';
import type { Alerts } from '../alerts/index.ts';
import type { Cases } from '../cases/index.ts';
import { type Permission, type Platform, staleVersion, type Transaction } from '../platform/index.ts';
import { requireWritable } from './status.ts';
import { lockWorkOrder, type WorkOrderColumns } from './store.ts';

export interface WorkOrdersDependencies {
  readonly alerts: Pick<Alerts, 'find' | 'changeStatus'>;
  readonly cases: Pick<Cases, 'find' | 'subjectOf' | 'takeWorkOrderNews'>;
}

/** Who comes to a machine says what they did there. */
export const doesTheWork: Permission = 'work-orders:write';

/** The platform and the capabilities that work orders stand on. */
export interface WorkOrdersGround {
  readonly platform: Platform;
  readonly dependencies: WorkOrdersDependencies;
}

/** Who changes which work order, and the version that it is based on (undefined where the caller does not mind). */
export interface WorkOrderChange {
  readonly workOrderId: string;
  readonly expectedVersion: number | undefined;
  readonly actor: string;
}

export async function locked(transaction: Transaction, change: WorkOrderChange): Promise<WorkOrderColumns> {
  const row = await lockWorkOrder(transaction, change.workOrderId);
  if (row === undefined) {
    throw noSuchWorkOrder();
  }
  if (change.expectedVersion !== undefined && change.expectedVersion !== row.version) {
    throw staleVersion(change.expectedVersion, row.version);
  }
  return row;
}

export async function lockedAndOpen(
  transaction: Transaction,
  change: WorkOrderChange,
): Promise<WorkOrderColumns> {
  const row = await locked(transaction, change);
  requireWritable(row.status);
  return row;
}

export function noSuchWorkOrder(): AndonError {
  return new AndonError({
    code: 'work-orders.no-such-work-order',
    message: 'There is no such work order.',
    nextStep: 'Look for it in GET /v1/work-orders.',
    status: 404,
  });
}

export function unknownReference(field: string, given: string): AndonError {
  return new AndonError({
    code: 'work-orders.reference-unknown',
    message: `There is none with this ${field}: ${given}.`,
    nextStep: 'Give the id of one that exists.',
    field,
    status: 422,
  });
}
