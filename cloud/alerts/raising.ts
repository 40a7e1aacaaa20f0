import type { Transaction } from '../platform/index.ts';
import type { AlertRecord, BatchPlan } from './batch.ts';
import { type Hold, isHeldByPrimary, type StormMembership } from './hold.ts';
import { type HoldParts, holdsOf } from './holding.ts';
import { isToldLate } from './lateness.ts';

export interface Quiet {
  readonly holds: ReadonlyMap<string, Hold>;
  readonly storms: ReadonlyMap<string, StormMembership>;
}

/** What keeps the new alerts of a batch from being told, in the order in which one holds before another. */
export async function quietOf(
  transaction: Transaction,
  parts: HoldParts,
  plan: BatchPlan,
  now: Date,
): Promise<Quiet> {
  const subjects = plan.inserted.map((alert) => ({ ...alert, source: 'device' as const }));
  const holds = await holdsOf(transaction, parts, subjects, now);
  const storms = parts.storms();
  const fresh = subjects.filter((alert) => !holds.has(alert.id) && isOfNow(alert, now));
  const memberships =
    storms === undefined || fresh.length === 0 ? new Map() : await storms.join(transaction, fresh, now);
  for (const [alertId, { incidentId, held }] of memberships) {
    if (held) {
      holds.set(alertId, { kind: 'incident', id: incidentId, until: null });
    }
  }
  addGroups(plan, holds);
  return { holds, storms: memberships };
}

/** A backlog tells of the past, in which there may have been any number of alerts. */
function isOfNow(alert: AlertRecord, now: Date): boolean {
  const { historical, gatewayReceivedAt, condition } = alert;
  return (
    condition === 'active' &&
    !isToldLate({ historical, receivedAt: gatewayReceivedAt, storedAt: now.getTime() })
  );
}

function addGroups(plan: BatchPlan, holds: Map<string, Hold>): void {
  for (const alert of plan.inserted) {
    const primary = plan.primaries.get(alert.parentAlertId ?? '');
    if (primary === undefined || holds.has(alert.id)) {
      continue;
    }
    const isActive = primary.condition === 'active' && primary.status !== 'closed';
    const of = ({ deviceId, severity }: AlertRecord) => ({ source: 'device' as const, deviceId, severity });
    if (isHeldByPrimary(of(alert), { ...of(primary), isActive })) {
      holds.set(alert.id, { kind: 'group', id: primary.id, until: null });
    }
  }
}
