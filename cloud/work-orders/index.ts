/**
 * Work orders: what a technician is sent out for.
 *
 * A work order is made by hand (for an account, an asset, a device, a case or an alert; the customer is filled in), or
 * by an escalation whose policy says so. It may be of an incident type, which brings its tasks. States:
 *
 *   unscheduled → scheduled → in-progress → completed → posted
 *
 * `scheduled` names a technician and a time. Work that is urgent is begun without. A completed one can be reopened
 * until it is posted, which closes its books; one that is not completed can be cancelled, and taken up again.
 *
 * Invariants: the number is made by the database and never changes; a fault episode has one work order (a unique
 * index); scheduled means somebody at some time, completed means an outcome, who and when (checks); none is completed
 * while a task is open. Each step tells its case, on the case's timeline; a completed one brings the case back to
 * whoever handles it.
 *
 * What may go wrong: two people change one at once. Who sends If-Match with a stale version is refused (412).
 */
import type { KnownIncidentTypes } from '../devices/index.ts';
import type { Capability, Database, Platform, Transaction } from '../platform/index.ts';
import type { WorkOrdersDependencies } from './ground.ts';
import { incidentTypeRoutes } from './incident-type-routes.ts';
import { knownIncidentTypes } from './incident-types.ts';
import { type EscalatedWorkOrder, openForEscalation } from './opening.ts';
import { photoRoutes } from './photos.ts';
import { workOrderRoutes } from './routes.ts';
import { statusRoutes } from './status-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { nextVisits } from './visits.ts';

export type { WorkOrdersDependencies } from './ground.ts';
export type { EscalatedWorkOrder } from './opening.ts';
export { WorkOrder, WorkOrderSummary } from './schemas.ts';
export { WorkOrderStatus } from './status.ts';

export interface WorkOrders extends Capability {
  /** The work order of a fault episode: the one that there is, or a new one. */
  openForEscalation(
    transaction: Transaction,
    escalated: EscalatedWorkOrder,
  ): Promise<{ workOrderId: string; isNew: boolean }>;
  /** For escalation policies, which name them. */
  readonly knownIncidentTypes: KnownIncidentTypes;
  /** Of these machines, the devices of those that a technician works at, or is booked for, with when that begins. */
  nextVisits(
    database: Database,
    machines: readonly { readonly deviceId: string; readonly assetId: string }[],
    now: Date,
  ): Promise<ReadonlyMap<string, Date>>;
}

export function createWorkOrders(platform: Platform, dependencies: WorkOrdersDependencies): WorkOrders {
  const ground = { platform, dependencies };
  return {
    name: 'work-orders',
    routes(app) {
      workOrderRoutes(app, ground);
      statusRoutes(app, ground);
      taskRoutes(app, ground);
      photoRoutes(app, ground);
      incidentTypeRoutes(app, platform);
    },
    openForEscalation: (transaction, escalated) => openForEscalation(transaction, ground, escalated),
    knownIncidentTypes,
    nextVisits,
  };
}
