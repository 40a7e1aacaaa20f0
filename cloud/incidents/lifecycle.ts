import type { Alerts } from '../alerts/index.ts';
import { joinTold, readAlertSettings, worstSeverity } from '../alerts/index.ts';
import { appendEvent, inTransaction, type Platform, type Transaction } from '../platform/index.ts';
import { type IncidentRow, listUnsettled, moveIncident, raiseSeverity } from './store.ts';

type Counting = Pick<Alerts, 'countMembers'>;

/**
 * What time makes of an incident. Pure. It gathers until no alert came for the quiet time; it is over when nothing
 * of it is active any more. Times are epoch milliseconds.
 */
export function stateOf(
  incident: { readonly state: 'gathering' | 'settled'; readonly openedAt: number },
  members: { readonly active: number; readonly lastAt: number | null },
  now: number,
  quietMilliseconds: number,
): 'gathering' | 'settled' | 'over' {
  const isQuiet = now - (members.lastAt ?? incident.openedAt) >= quietMilliseconds;
  if (incident.state === 'gathering' && !isQuiet) {
    return 'gathering';
  }
  return members.active === 0 ? 'over' : 'settled';
}

/** Gathers what was told before the incident was seen, and lets time pass for those that are open. */
export async function watchIncidents(platform: Platform, alerts: Counting): Promise<number> {
  const { database } = platform;
  const open = await listUnsettled(database);
  if (open.length === 0) {
    return 0;
  }
  const { stormQuietSeconds } = await readAlertSettings(database);
  for (const incident of open.filter(({ state }) => state === 'gathering')) {
    const joined = await inTransaction(database, (transaction) =>
      joinTold(transaction, incident.cause, incident.gathers_since, incident.id),
    );
    if (joined.length > 0) {
      await raiseSeverity(database, incident.id, worstSeverity(joined), new Date(platform.clock.now()));
    }
  }
  const countOf = await alerts.countMembers(
    database,
    open.map(({ id }) => id),
  );
  let moved = 0;
  for (const incident of open) {
    const { active, lastAt } = countOf(incident.id);
    const from = incident.state === 'gathering' ? 'gathering' : 'settled';
    const to = stateOf(
      { state: from, openedAt: incident.opened_at.getTime() },
      { active, lastAt: lastAt?.getTime() ?? null },
      platform.clock.now(),
      stormQuietSeconds * 1000,
    );
    if (to !== from && to !== 'gathering') {
      await inTransaction(database, (transaction) => move(transaction, platform, incident, to));
      moved += 1;
    }
  }
  return moved;
}

async function move(
  transaction: Transaction,
  { clock }: Pick<Platform, 'clock'>,
  incident: IncidentRow,
  to: 'settled' | 'over',
): Promise<void> {
  const now = new Date(clock.now());
  if (await moveIncident(transaction, incident.id, { from: [incident.state], to }, now)) {
    await appendEvent(transaction, {
      type: `incident.${to}`,
      key: incident.id,
      payload: { incidentId: incident.id, from: incident.state, to },
      actor: 'system:incidents',
      occurredAt: now,
    });
  }
}
