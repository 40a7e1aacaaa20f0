import { alertReason } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { EscalatedCase } from '../cases/index.ts';
import { appendEvent, type NewEvent, type Transaction } from '../platform/index.ts';
import { decide, type EpisodeAction, type EpisodeEvent, type EpisodeStep } from './episode.ts';
import { composeCase } from './evidence.ts';
import { type Cause, type EscalationsGround, issuerOf, ownActor } from './ground.ts';
import { judgeLateAlerts } from './late-alert.ts';
import { insertCommand, insertSteps, type StoredEpisode, updateEpisode } from './store.ts';

/**
 * Lets an event happen to an episode that this transaction has locked: stores what it becomes, does what follows, and
 * lets the outcome of that happen too.
 */
export async function happen(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  event: EpisodeEvent,
  cause: Cause,
): Promise<StoredEpisode> {
  const now = ground.platform.clock.now();
  const { episode, actions } = decide(stored.episode, event, now);
  let next = { ...stored, episode };
  if (JSON.stringify(episode) !== JSON.stringify(stored.episode)) {
    await updateEpisode(transaction, stored, next, new Date(now));
  }
  for (const action of actions) {
    const outcome = await act(transaction, ground, next, action, cause);
    if (outcome !== undefined) {
      next = await happen(transaction, ground, next, outcome, cause);
    }
  }
  return next;
}

async function act(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  action: EpisodeAction,
  cause: Cause,
): Promise<EpisodeEvent | undefined> {
  switch (action.type) {
    case 'issue-remedy':
      return issueRemedy(transaction, ground, stored, cause);
    case 'judge-backlog':
      return judgeLateAlerts(transaction, ground, stored);
    case 'withdraw-remedy':
      await withdrawRemedy(transaction, ground, stored);
      return undefined;
    case 'open-case':
      return openCase(transaction, ground, stored, action.reason, cause);
    case 'open-work-order':
      return openWorkOrder(transaction, ground, stored, action.reason, cause);
    case 'close-alerts':
      await changeAlerts(transaction, ground, alertIdsOf(stored), 'closed', action.reason, cause);
      return undefined;
    case 'release-alerts':
      await changeAlerts(transaction, ground, alertIdsOf(stored), 'active', action.reason, cause);
      return undefined;
    case 'tell':
      await tell(transaction, ground, stored, action.step, action.reason, cause);
      return undefined;
  }
}

export async function issueRemedy(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  cause: Cause,
): Promise<EpisodeEvent> {
  const { remedy } = stored.episode;
  if (remedy === null) {
    throw new Error(`the escalation ${stored.id} has no remedy to try`);
  }
  try {
    const { commandId, expiresAt } = await ground.dependencies.commands.issue(transaction, {
      deviceId: stored.deviceId,
      name: remedy.command,
      parameters: remedy.parameters,
      expiresInSeconds: remedy.expiresInSeconds,
      actor: issuerOf(cause),
      sender: cause.byHand?.sender ?? 'cloud',
      causedBy: cause.causedBy,
    });
    await insertCommand(transaction, stored.id, commandId);
    const reason = alertReason('remedy-begun', remedy.command);
    await changeAlerts(transaction, ground, alertIdsOf(stored), 'in-progress', reason, cause);
    return { type: 'remedy-issued', commandId, expiresAt };
  } catch (error) {
    if (error instanceof AndonError && cause.byHand === undefined) {
      return {
        type: 'remedy-refused',
        reason: alertReason('remedy-refused', `${error.code}: ${error.message}`),
      };
    }
    throw error;
  }
}

/** Only where the device has not been told yet: a remedy that it knows of takes its course. */
async function withdrawRemedy(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
): Promise<void> {
  const { commands } = ground.dependencies;
  const { commandId } = stored.episode;
  const command = commandId === null ? undefined : await commands.find(transaction, commandId);
  if (command?.state === 'QUEUED' || command?.state === 'SENT') {
    await commands.cancel(transaction, { commandId: command.id, actor: ownActor });
  }
}

async function openCase(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  reason: string,
  cause: Cause,
): Promise<EpisodeEvent> {
  const { cases } = ground.dependencies;
  const escalated = await composeCase(transaction, ground, stored, reason, cause);
  const { caseId } = await cases.openForEscalation(transaction, escalated);
  await linkAlerts(transaction, ground, alertIdsOf(stored), caseId, cause);
  const wantsWorkOrder =
    stored.episode.rule?.otherwise === 'case-and-work-order' || stored.episode.workOrderId !== null;
  const workOrderId = wantsWorkOrder
    ? await sendWorkOrder(transaction, ground, stored, escalated, caseId)
    : null;
  return { type: 'case-opened', caseId, workOrderId };
}

async function openWorkOrder(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  reason: string,
  cause: Cause,
): Promise<EpisodeEvent> {
  const escalated = await composeCase(transaction, ground, stored, reason, cause);
  const workOrderId = await sendWorkOrder(transaction, ground, stored, escalated, null);
  const why = alertReason('work-order-open');
  await changeAlerts(transaction, ground, alertIdsOf(stored), 'in-progress', why, cause);
  return { type: 'work-order-opened', workOrderId };
}

async function sendWorkOrder(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  escalated: EscalatedCase,
  caseId: string | null,
): Promise<string> {
  const { escalationId, title, description, priority, deviceId, alertId, causedBy } = escalated;
  const { workOrderId } = await ground.dependencies.workOrders.openForEscalation(transaction, {
    escalationId,
    title,
    description,
    priority,
    deviceId,
    alertId,
    alertIds: alertIdsOf(stored),
    caseId,
    incidentTypeId: stored.episode.rule?.incidentTypeId ?? null,
    actor: ownActor,
    causedBy,
  });
  return workOrderId;
}

/** Alerts of an episode with a case say so. */
export async function linkAlerts(
  transaction: Transaction,
  ground: EscalationsGround,
  alertIds: readonly string[],
  caseId: string,
  cause: Cause,
): Promise<void> {
  await ground.dependencies.alerts.handOver(
    transaction,
    alertIds.map((alertId) => ({ alertId, caseId, causedBy: cause.causedBy })),
    { reason: alertReason('case-open'), actor: ownActor },
  );
}

/** Always in the order of their ids, so that nobody waits for us crosswise. */
function alertIdsOf(stored: StoredEpisode): string[] {
  return Object.keys(stored.episode.alerts).sort();
}

async function changeAlerts(
  transaction: Transaction,
  ground: EscalationsGround,
  alertIds: readonly string[],
  to: 'in-progress' | 'closed' | 'active',
  reason: string,
  cause: Cause,
): Promise<void> {
  for (const alertId of alertIds) {
    await ground.dependencies.alerts.changeStatus(transaction, {
      alertId,
      to,
      reason,
      actor: ownActor,
      ...(cause.causedBy === undefined ? {} : { causedBy: cause.causedBy }),
    });
  }
}

async function tell(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  step: EpisodeStep,
  reason: string | null,
  cause: Cause,
): Promise<void> {
  const at = new Date(ground.platform.clock.now());
  await insertSteps(transaction, [{ escalation_id: stored.id, at, step, reason }]);
  await appendEvent(transaction, toldEvent(stored, step, reason, cause, at));
}

/** What the others hear of a step. */
export function toldEvent(
  stored: StoredEpisode,
  step: EpisodeStep,
  reason: string | null,
  cause: Cause,
  at: Date,
): NewEvent {
  const { episode } = stored;
  const alertIds = Object.keys(episode.alerts);
  return {
    type: `escalation.${step}`,
    key: stored.id,
    payload: {
      escalationId: stored.id,
      alertId: alertIds[0] ?? null,
      alertIds,
      deviceId: stored.deviceId,
      errorCode: stored.errorCode,
      commandId: episode.commandId,
      caseId: episode.caseId,
      workOrderId: episode.workOrderId,
      reason,
    },
    actor: cause.actor,
    occurredAt: at,
    ...(cause.causedBy === undefined ? {} : { causedBy: cause.causedBy }),
  };
}
