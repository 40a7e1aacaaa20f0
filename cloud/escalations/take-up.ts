import type { Alert } from '../alerts/index.ts';
import type { CasePriority } from '../cases/index.ts';
import { type EscalationRule, type Remedy, ruleFor } from '../devices/index.ts';
import { appendEvent, type Transaction } from '../platform/index.ts';
import { isToldLate } from './backlog.ts';
import { type EpisodeEvent, newEpisode } from './episode.ts';
import type { Cause, EscalationsGround } from './ground.ts';
import { alertIsOver, remedyUnderWay } from './refusals.ts';
import { happen, issueRemedy, linkAlerts } from './run.ts';
import {
  faultKeyOf,
  faultKeyOfAlert,
  insertEpisode,
  lockByAlert,
  lockOngoing,
  type StoredEpisode,
} from './store.ts';

/** What an episode is about. */
export interface Fault {
  readonly deviceId: string;
  readonly errorCode: number | null;
  readonly alert: Alert | undefined;
}

/** Whether an alert was told when it happened, or late, and is over by now as far as is known. */
export function toldWhen(alert: Alert | undefined): 'now' | 'late' | 'over' {
  if (alert === undefined) {
    return 'now';
  }
  const { historical, gatewayReceivedAt, createdAt } = alert;
  const times = { receivedAt: Date.parse(gatewayReceivedAt), storedAt: Date.parse(createdAt) };
  if (!isToldLate({ historical, ...times })) {
    return 'now';
  }
  return alert.condition === 'cleared' ? 'over' : 'late';
}

/** A late alert that is over has nothing to do with the fault that may be there now. */
function keyOf({ errorCode, alert }: Fault, told: 'now' | 'late' | 'over'): string {
  return told === 'over' && alert !== undefined
    ? faultKeyOfAlert(alert.id)
    : faultKeyOf(errorCode, alert?.rule ?? null);
}

/** The rule of the device's category that covers the alert. */
async function findRule(
  transaction: Transaction,
  ground: EscalationsGround,
  { deviceId, alert }: Fault,
): Promise<EscalationRule | null> {
  const { devices } = ground.dependencies;
  const device = alert && (await devices.findDevice(transaction, deviceId));
  const category = device && (await devices.findCategory(transaction, device.categoryId));
  const policy = category?.escalationPolicy;
  return (alert && policy && ruleFor(policy, alert)) ?? null;
}

/**
 * An alert was raised, or its error code rose: it joins the episode of its fault, or begins one where a policy covers
 * it. A late alert that is over by now begins nothing and joins nothing; one that may be over makes its episode wait.
 */
export async function takeUpAlert(
  transaction: Transaction,
  ground: EscalationsGround,
  alert: Alert,
  cause: Cause,
): Promise<void> {
  if (toldWhen(alert) === 'over' || (await lockByAlert(transaction, alert.id)) !== undefined) {
    return;
  }
  const fault: Fault = { deviceId: alert.deviceId, errorCode: alert.errorCode, alert };
  const ongoing = await lockOngoing(transaction, alert.deviceId, faultKeyOf(alert.errorCode, alert.rule));
  if (ongoing !== undefined) {
    await join(transaction, ground, ongoing, alert, cause);
    return;
  }
  const rule = await findRule(transaction, ground, fault);
  if (rule === null) {
    return;
  }
  await begin(transaction, ground, fault, { rule, wantedPriority: null, byHand: false }, cause);
}

/**
 * Somebody wants a case for a fault. The episode remembers it, and opens the case at once, when the remedy fails, or
 * not at all, as its state has it.
 */
export async function takeUpRequest(
  transaction: Transaction,
  ground: EscalationsGround,
  request: { fault: Fault; priority: CasePriority; byHand: boolean },
  cause: Cause,
): Promise<StoredEpisode> {
  const { fault, priority, byHand } = request;
  const requested: EpisodeEvent = { type: 'case-requested', priority, byHand };
  const faultKey = keyOf(fault, byHand ? 'now' : toldWhen(fault.alert));
  const own = fault.alert && (await lockByAlert(transaction, fault.alert.id));
  const ongoing = await lockOngoing(transaction, fault.deviceId, faultKey);
  if (ongoing !== undefined && own === undefined && fault.alert !== undefined) {
    const joined = await join(transaction, ground, ongoing, fault.alert, cause);
    return happen(transaction, ground, joined, requested, cause);
  }
  // A person means the fault as it is now; a journey means its alert, of which it may ask late.
  const present = byHand ? (ongoing ?? own) : (own ?? ongoing);
  if (present !== undefined) {
    return happen(transaction, ground, present, requested, cause);
  }
  const rule = await findRule(transaction, ground, fault);
  return begin(transaction, ground, fault, { rule, wantedPriority: priority, byHand }, cause, requested);
}

/**
 * A person tries a remedy: of a fault that nobody and nothing has taken up, or that was given up. It is verified as the
 * policy's own are. Where people have the fault in hand already, the command is sent and kept with its evidence.
 * @throws AndonError `escalations.remedy-under-way` (409), `escalations.alert-over` (409), and what commands refuse
 */
export async function takeUpRemedy(
  transaction: Transaction,
  ground: EscalationsGround,
  alert: Alert,
  remedy: Remedy,
  cause: Cause,
): Promise<StoredEpisode> {
  const fault: Fault = { deviceId: alert.deviceId, errorCode: alert.errorCode, alert };
  const ongoing = await lockOngoing(transaction, alert.deviceId, faultKeyOf(alert.errorCode, alert.rule));
  if (ongoing?.episode.state === 'remedying' || ongoing?.episode.state === 'verifying') {
    throw remedyUnderWay();
  }
  if (alert.condition === 'cleared' || alert.status === 'closed') {
    throw alertIsOver();
  }
  const own = await lockByAlert(transaction, alert.id);
  const present =
    ongoing !== undefined && own === undefined
      ? await join(transaction, ground, ongoing, alert, cause)
      : (ongoing ?? own);
  if (present !== undefined && isWithPeople(present.episode)) {
    const tried = { ...present, episode: { ...present.episode, remedy } };
    await issueRemedy(transaction, ground, tried, cause);
    return present;
  }
  const event: EpisodeEvent = { type: 'remedy-requested', remedy };
  if (present !== undefined && present.episode.closedAt === null) {
    return happen(transaction, ground, present, event, cause);
  }
  const rule = await findRule(transaction, ground, fault);
  const fresh = await insertFor(transaction, ground, fault, { rule, wantedPriority: null, byHand: true });
  if (fresh === undefined) {
    throw remedyUnderWay();
  }
  return happen(transaction, ground, fresh, event, cause);
}

function isWithPeople({ state }: StoredEpisode['episode']): boolean {
  return state === 'case-opened' || state === 'work-order-opened';
}

/** Undefined where the fault has an episode that is not over. */
async function insertFor(
  transaction: Transaction,
  { platform }: EscalationsGround,
  fault: Fault,
  how: { rule: EscalationRule | null; wantedPriority: CasePriority | null; byHand: boolean },
): Promise<StoredEpisode | undefined> {
  const stored: StoredEpisode = {
    id: platform.newId(),
    deviceId: fault.deviceId,
    errorCode: fault.errorCode,
    episode: newEpisode({
      rule: how.rule,
      wantedPriority: how.wantedPriority,
      alerts: fault.alert === undefined ? {} : { [fault.alert.id]: fault.alert.condition },
    }),
  };
  const faultKey = keyOf(fault, how.byHand ? 'now' : toldWhen(fault.alert));
  const isNew = await insertEpisode(transaction, stored, faultKey, new Date(platform.clock.now()));
  return isNew ? stored : undefined;
}

async function begin(
  transaction: Transaction,
  ground: EscalationsGround,
  fault: Fault,
  how: { rule: EscalationRule | null; wantedPriority: CasePriority | null; byHand: boolean },
  cause: Cause,
  otherwise: EpisodeEvent | undefined = undefined,
): Promise<StoredEpisode> {
  const told = toldWhen(fault.alert);
  const stored = await insertFor(transaction, ground, fault, how);
  if (stored !== undefined) {
    return happen(transaction, ground, stored, { type: 'begun', byHand: how.byHand, told }, cause);
  }
  const faultKey = keyOf(fault, how.byHand ? 'now' : told);
  // Another worker began it since we looked, and has committed: it is ours to join.
  const theirs = await lockOngoing(transaction, fault.deviceId, faultKey);
  if (theirs === undefined) {
    throw new Error(
      `the episode of ${faultKey} on ${fault.deviceId} ended at this moment; it is tried again`,
    );
  }
  const joined =
    fault.alert === undefined ? theirs : await join(transaction, ground, theirs, fault.alert, cause);
  return otherwise === undefined ? joined : happen(transaction, ground, joined, otherwise, cause);
}

/** The episode goes on with one more alert, which nobody needs to be told of anew. */
async function join(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  alert: Alert,
  cause: Cause,
): Promise<StoredEpisode> {
  const { id: alertId } = alert;
  const isLate = toldWhen(alert) !== 'now';
  const joined = await happen(transaction, ground, stored, { type: 'alert-raised', alertId, isLate }, cause);
  const { caseId } = joined.episode;
  if (caseId !== null) {
    await linkAlerts(transaction, ground, [alertId], caseId, cause);
  }
  await appendEvent(transaction, {
    type: 'escalation.alert-joined',
    key: stored.id,
    payload: {
      escalationId: stored.id,
      alertId,
      deviceId: stored.deviceId,
      errorCode: stored.errorCode,
      caseId,
      workOrderId: joined.episode.workOrderId,
    },
    actor: cause.actor,
    occurredAt: new Date(ground.platform.clock.now()),
    ...(cause.causedBy === undefined ? {} : { causedBy: cause.causedBy }),
  });
  return joined;
}
