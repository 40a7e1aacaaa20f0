import { AndonError } from '@andon/shared/kernel';
import { appendEvent, type Platform, type Transaction } from '../platform/index.ts';
import { lockGateway } from './batch-store.ts';
import { type HoldParts, reconsider, reconsiderHeldBy, subjectOf } from './holding.ts';
import { noSuchAlert } from './presentation.ts';
import { endShelves, findOpenShelf, insertShelf, lockDueShelves, subjectIdOf } from './shelf-store.ts';
import { changeAlert, findAlert, lockAlert } from './store.ts';
import type { AlertRow } from './tables.ts';

/** Nothing is kept quiet for longer: who wants it longer mends the rule. */
export const shelfMillisecondsMax = 7 * 86_400_000;

export interface Shelving {
  readonly alertId: string;
  readonly kind: 'timed' | 'one-shot';
  /** A one-shot shelf without it lasts as long as it may. */
  readonly until: Date | undefined;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Keeps the rule of an alert quiet on its device: until a time, whatever is raised meanwhile (`timed`), or until this
 * alert clears (`one-shot`), and never for longer than a week. What is being done about it already goes on.
 */
export async function shelve(
  transaction: Transaction,
  { clock, newId }: Pick<Platform, 'clock' | 'newId'>,
  shelving: Shelving,
): Promise<AlertRow> {
  const alert = await lockedActive(transaction, shelving.alertId);
  const now = clock.now();
  const latest = now + shelfMillisecondsMax;
  const until = shelving.until?.getTime() ?? latest;
  if (until <= now || until > latest) {
    throw new AndonError({
      code: 'alerts.shelf-time-refused',
      message: 'A shelf ends in the future, within seven days.',
      nextStep: 'Choose a time within seven days from now.',
      field: 'until',
      status: 422,
      details: { latest: new Date(latest).toISOString() },
    });
  }
  const id = newId();
  const [at, end] = [new Date(now), new Date(until)];
  await insertShelf(transaction, {
    id,
    source: alert.source,
    subject_id: subjectIdOf(subjectOf(alert)),
    rule: alert.rule,
    alert_id: alert.id,
    kind: shelving.kind,
    shelved_at: at,
    shelved_by: shelving.actor,
    reason: shelving.reason,
    until_time: end,
  });
  await changeAlert(transaction, alert.id, { hold: 'shelved', hold_id: id, hold_until: end }, at);
  await appendEvent(transaction, {
    type: 'alert.shelved',
    key: alert.id,
    payload: {
      alertId: alert.id,
      deviceId: alert.device_id,
      gatewayId: alert.gateway_id,
      rule: alert.rule,
      kind: shelving.kind,
      until: end.toISOString(),
      reason: shelving.reason,
    },
    actor: shelving.actor,
    occurredAt: at,
  });
  return stored(transaction, alert.id);
}

/** Takes it off the shelf before its time. Where it lasts, and nothing else holds it, it is told now. */
export async function unshelve(
  transaction: Transaction,
  parts: HoldParts,
  alertId: string,
  actor: string,
): Promise<AlertRow> {
  // Batches of the gateway go first or come after: none stores an alert on a shelf that ends meanwhile.
  await lockGateway(transaction, (await stored(transaction, alertId)).gateway_id);
  const alert = await lockAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  const shelf = await findOpenShelf(transaction, subjectOf(alert));
  if (shelf === undefined) {
    throw new AndonError({
      code: 'alerts.not-shelved',
      message: 'This alert is on no shelf.',
      nextStep: 'See what is shelved in GET /v1/alerts/shelves.',
      status: 409,
    });
  }
  const now = new Date(parts.platform.clock.now());
  await endShelves(transaction, [shelf.id], { at: now, by: actor, reason: 'taken off by hand' });
  await tellUnshelved(transaction, alert, { actor, reason: 'by hand' }, now);
  await reconsiderHeldBy(transaction, [shelf.id], now);
  if (alert.hold_id === shelf.id) {
    await reconsider(transaction, parts, [alert], now);
  }
  return stored(transaction, alertId);
}

/** Ends the shelves whose time is up; their alerts come back by themselves. Answers how many. */
export async function endDueShelves(transaction: Transaction, now: Date): Promise<number> {
  const due = await lockDueShelves(transaction, now);
  const ids = due.map((shelf) => shelf.id);
  await endShelves(transaction, ids, { at: now, by: 'system:alerts', reason: 'its time was up' });
  for (const shelf of due) {
    const alert = await findAlert(transaction, shelf.alert_id);
    if (alert !== undefined) {
      await tellUnshelved(transaction, alert, { actor: 'system:alerts', reason: 'its time was up' }, now);
    }
  }
  return due.length;
}

async function tellUnshelved(
  transaction: Transaction,
  alert: AlertRow,
  { actor, reason }: { readonly actor: string; readonly reason: string },
  now: Date,
): Promise<void> {
  await appendEvent(transaction, {
    type: 'alert.unshelved',
    key: alert.id,
    payload: { alertId: alert.id, deviceId: alert.device_id, rule: alert.rule, reason },
    actor,
    occurredAt: now,
  });
}

async function lockedActive(transaction: Transaction, alertId: string): Promise<AlertRow> {
  const alert = await lockAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  if (alert.condition !== 'active' || alert.status === 'closed') {
    throw new AndonError({
      code: 'alerts.nothing-to-shelve',
      message: 'The alert is over, so there is nothing to keep quiet.',
      nextStep: 'Shelve an alert that is active.',
      status: 409,
    });
  }
  return alert;
}

async function stored(transaction: Transaction, alertId: string): Promise<AlertRow> {
  const row = await findAlert(transaction, alertId);
  if (row === undefined) {
    throw noSuchAlert();
  }
  return row;
}
