import { joinTold, readAlertSettings, worstSeverity } from '../alerts/index.ts';
import { appendEvent, inTransaction, type Platform, type Transaction } from '../platform/index.ts';
import { type IncidentRow, listGathering, listWatched, moveIncident, raiseSeverity } from './store.ts';

/**
 * What time makes of an incident. Pure. It gathers until no alert came for the quiet time; it is over when nothing
 * of it is active any more. Times are epoch milliseconds.
 */
export function stateOf(
  incident: { readonly state: 'gathering' | 'settled'; readonly openedAt: number },
  members: { readonly anyActive: boolean; readonly lastAt: number | null },
  now: number,
  quietMilliseconds: number,
): 'gathering' | 'settled' | 'over' {
  const isQuiet = now - (members.lastAt ?? incident.openedAt) >= quietMilliseconds;
  if (incident.state === 'gathering' && !isQuiet) {
    return 'gathering';
  }
  return members.anyActive ? 'settled' : 'over';
}

/** Gathers what was told before the incident was seen, and lets time pass for those that are open. */
export async function watchIncidents(platform: Platform): Promise<number> {
  const { database, clock } = platform;
  let moved = 0;
  for (const incident of await listGathering(database)) {
    const joined = await inTransaction(database, (transaction) =>
      joinTold(transaction, incident.cause, incident.gathers_since, incident.id),
    );
    if (joined.length > 0) {
      // There may be more than is taken at one time.
      moved += 1;
      await raiseSeverity(database, incident.id, worstSeverity(joined), new Date(clock.now()));
    }
  }
  const watched = await listWatched(database);
  if (watched.length === 0) {
    return moved;
  }
  const { stormQuietSeconds } = await readAlertSettings(database);
  for (const incident of watched) {
    const from = incident.state === 'gathering' ? 'gathering' : 'settled';
    const to = stateOf(
      { state: from, openedAt: incident.opened_at.getTime() },
      { anyActive: incident.lasts, lastAt: incident.latest_at?.getTime() ?? null },
      clock.now(),
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
