import { AndonError } from '@andon/shared/kernel';
import {
  appendEvent,
  type Database,
  findPerson,
  type NamedPerson,
  type Permission,
  type Platform,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { noSuchAlert } from './presentation.ts';
import { changeAlert, lockAlert } from './store.ts';

type Ground = Pick<Platform, 'clock' | 'newId'>;

export interface CommentRow {
  readonly id: string;
  readonly text: string;
  readonly actor: string;
  readonly created_at: Date;
}

/**
 * Says who sees to the alert; null: nobody does. Also of a closed one, for the record.
 * @throws AndonError (422) `alerts.no-such-user` where there is no such user, or only a disabled one;
 * `alerts.not-a-role-for-it` where their role may not work on alerts
 */
export async function assign(
  transaction: Transaction,
  { clock }: Ground,
  assignment: { readonly alertId: string; readonly userId: string | null; readonly actor: string },
): Promise<void> {
  const { alertId, userId, actor } = assignment;
  const alert = await lockAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  if (alert.assigned_to === userId) {
    return;
  }
  if (userId !== null) {
    await requireWorker(transaction, userId);
  }
  const now = new Date(clock.now());
  await changeAlert(transaction, alertId, { assigned_to: userId }, now);
  await appendEvent(transaction, {
    type: 'alert.assigned',
    key: alertId,
    payload: { alertId, deviceId: alert.device_id, from: alert.assigned_to, to: userId },
    actor,
    occurredAt: now,
  });
}

/** Adds what a person says of it. It is no change of the alert, so its version stays. */
export async function comment(
  transaction: Transaction,
  { clock, newId }: Ground,
  said: { readonly alertId: string; readonly text: string; readonly actor: string },
): Promise<void> {
  const { alertId, text, actor } = said;
  const alert = await lockAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  const now = new Date(clock.now());
  const id = newId();
  await sql`
    insert into alert_comments (id, alert_id, text, actor, created_at)
    values (${id}, ${alertId}, ${text}, ${actor}, ${now})`.execute(transaction);
  await appendEvent(transaction, {
    type: 'alert.commented',
    key: alertId,
    payload: { alertId, deviceId: alert.device_id, commentId: id },
    actor,
    occurredAt: now,
  });
}

/** Nobody reads further back than this in one answer. */
const commentsMax = 500;

/** The latest, oldest first. */
export async function listComments(database: Database, alertId: string): Promise<CommentRow[]> {
  const found = await sql<CommentRow>`
    select id, text, actor, created_at from alert_comments where alert_id = ${alertId}
    order by created_at desc, id desc limit ${commentsMax}`.execute(database);
  return found.rows.reverse();
}

/** Who sees to alerts changes them. */
export const worksOnAlerts: Permission = 'alerts:write';

/** Who sees to an alert though they are none of those who may any more: their name stays on it until it is another's. */
export async function findFormerAssignee(
  database: Database,
  alertId: string | undefined,
  allowed: readonly NamedPerson[],
): Promise<NamedPerson | null> {
  if (alertId === undefined) {
    return null;
  }
  const found = await sql<NamedPerson>`
    select users.id, users.name from alerts join users on users.id = alerts.assigned_to
    where alerts.id = ${alertId}`.execute(database);
  const [person] = found.rows;
  return person === undefined || allowed.some(({ id }) => id === person.id) ? null : person;
}

async function requireWorker(transaction: Transaction, userId: string): Promise<void> {
  const person = await findPerson(transaction, userId, worksOnAlerts);
  if (person === undefined) {
    throw new AndonError({
      code: 'alerts.no-such-user',
      message: `There is no such user who may sign in: ${userId}.`,
      nextStep: 'Name one of GET /v1/alerts/assignees.',
      field: 'userId',
      status: 422,
    });
  }
  if (!person.may) {
    throw new AndonError({
      code: 'alerts.not-a-role-for-it',
      message: `${person.name} may not work on alerts: a ${person.role} needs ${worksOnAlerts}.`,
      nextStep: 'Name one of GET /v1/alerts/assignees, or let an administrator give them another role.',
      field: 'userId',
      status: 422,
      details: { permission: worksOnAlerts },
    });
  }
}
