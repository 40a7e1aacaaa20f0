import { AndonError } from '@andon/shared/kernel';
import { appendEvent, appendEvents, type Platform, type Transaction } from '../platform/index.ts';
import { statusEvent } from './batch.ts';
import { reconsiderHeldBy } from './holding.ts';
import { noSuchAlert } from './presentation.ts';
import {
  type AlertStage,
  type AlertStatus,
  mayBeAcknowledged,
  mayComeTo,
  placeOf,
  requireStatusStep,
  stageOf,
} from './status.ts';
import { changeAlert, findAlert, lockAlert } from './store.ts';
import type { AlertRow } from './tables.ts';

type Ground = Pick<Platform, 'clock'>;

export interface StatusStep {
  readonly alertId: string;
  readonly to: AlertStatus;
  readonly reason: string | null;
  readonly actor: string;
  readonly causedBy?: number;
}

/**
 * Marks an alert as seen. Who was first stays; a second time changes nothing.
 * @throws AndonError `alerts.closed-is-not-acknowledged` (409) where nobody had seen it before it was closed.
 */
export async function acknowledge(
  transaction: Transaction,
  { clock }: Ground,
  alertId: string,
  actor: string,
): Promise<AlertRow> {
  const alert = await lockedAlert(transaction, alertId);
  if (alert.response === 'acknowledged') {
    return alert;
  }
  if (!mayBeAcknowledged(stageOf(alert))) {
    throw new AndonError({
      code: 'alerts.closed-is-not-acknowledged',
      message: 'The alert is closed, so there is nothing left to acknowledge.',
      nextStep:
        'If the condition lasts, look at what was done about it; a new violation is an alert of its own.',
      status: 409,
      details: { status: alert.status },
    });
  }
  const now = new Date(clock.now());
  await changeAlert(
    transaction,
    alertId,
    { response: 'acknowledged', acknowledged_at: now, acknowledged_by: actor },
    now,
  );
  await appendEvent(transaction, {
    type: 'alert.acknowledged',
    key: alertId,
    payload: { alertId, deviceId: alert.device_id, acknowledgedBy: actor },
    actor,
    occurredAt: now,
  });
  return storedAlert(transaction, alertId);
}

/** @throws AndonError `alerts.status-refused` (409) where the status machine has no such step. */
export async function changeStatus(
  transaction: Transaction,
  ground: Ground,
  step: StatusStep,
): Promise<AlertRow> {
  const alert = await lockedAlert(transaction, step.alertId);
  requireStatusStep(stageOf(alert), step.to);
  if (step.to === 'active' && alert.condition === 'cleared') {
    throw new AndonError({
      code: 'alerts.condition-is-gone',
      message: 'The condition has cleared, so the alert cannot become active.',
      nextStep: 'Close it.',
      field: 'status',
      status: 409,
    });
  }
  return applyStatus(transaction, ground, alert, step);
}

/** As `changeStatus`, for programs: where there is no such step, the status stays. */
export async function changeStatusIfPossible(
  transaction: Transaction,
  ground: Ground,
  step: StatusStep,
): Promise<void> {
  const alert = await lockAlert(transaction, step.alertId);
  // Nobody works on it any more: with its condition over it has gone away by itself.
  const to = step.to === 'active' && alert?.condition === 'cleared' ? 'inactive' : step.to;
  if (alert?.status === 'in-progress' && step.to === 'in-progress') {
    // The work on it goes on in another way: what is said of it must be what is done now.
    const now = new Date(ground.clock.now());
    await changeAlert(transaction, alert.id, { status_reason: step.reason }, now);
  } else if (alert !== undefined && mayComeTo(stageOf(alert), to)) {
    await applyStatus(transaction, ground, alert, { ...step, to });
  }
}

export interface StageStep extends Omit<StatusStep, 'to' | 'reason'> {
  /** Where it belongs by what it is now; undefined: it stays. */
  readonly stageOf: (
    alert: AlertRow,
  ) => { readonly stage: AlertStage; readonly reason: string | null } | undefined;
}

/** Says how far the work on an alert is; where that is no step from where it is, nothing happens. */
export async function changeStageIfPossible(
  transaction: Transaction,
  ground: Ground,
  step: StageStep,
): Promise<void> {
  const alert = await lockAlert(transaction, step.alertId);
  const next = alert && step.stageOf(alert);
  if (alert !== undefined && next !== undefined && mayComeTo(stageOf(alert), next.stage)) {
    await applyStage(transaction, ground, alert, next.stage, { ...step, reason: next.reason });
  }
}

function applyStatus(
  transaction: Transaction,
  ground: Ground,
  alert: AlertRow,
  step: StatusStep,
): Promise<AlertRow> {
  return applyStage(transaction, ground, alert, step.to, step);
}

async function applyStage(
  transaction: Transaction,
  { clock }: Ground,
  alert: AlertRow,
  stage: AlertStage,
  step: Omit<StatusStep, 'to'>,
): Promise<AlertRow> {
  const now = new Date(clock.now());
  const place = placeOf(stage);
  const changed = await changeAlert(transaction, alert.id, { ...place, status_reason: step.reason }, now);
  if (stage === 'closed') {
    // Its children are nobody's any more.
    await reconsiderHeldBy(transaction, [alert.id], now);
  }
  const event = statusEvent(
    { id: alert.id, deviceId: alert.device_id, status: alert.status },
    place.status,
    step.reason,
    place.progress,
  );
  await appendEvents(transaction, [
    {
      type: event.type,
      key: event.alertId,
      payload: event.payload,
      actor: step.actor,
      occurredAt: now,
      ...(step.causedBy === undefined ? {} : { causedBy: step.causedBy }),
    },
  ]);
  return changed ?? alert;
}

async function lockedAlert(transaction: Transaction, alertId: string): Promise<AlertRow> {
  const alert = await lockAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  return alert;
}

async function storedAlert(transaction: Transaction, alertId: string): Promise<AlertRow> {
  const alert = await findAlert(transaction, alertId);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  return alert;
}
