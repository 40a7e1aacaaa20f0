import type { Accounts } from '../accounts/index.ts';
import type { Notifications } from '../notifications/index.ts';
import { appendEvent, type Platform, sql, type Transaction } from '../platform/index.ts';
import type { Effect } from './interpreter.ts';
import { raiseTrigger } from './raise.ts';
import type { RunRow } from './tables.ts';
import { findTrigger } from './trigger-store.ts';

/** What runs reach: the contacts on their left, and messages. */
export interface RunPorts {
  readonly accounts: Pick<Accounts, 'findContact'>;
  readonly notifications: Pick<Notifications, 'notify'>;
}

/** What moved a run: for the cause of what it does next. */
export interface Mover {
  readonly causedBy: number | null;
  readonly depth: number;
}

/** One move of one run: everything in it is one transaction. */
export interface RunMove {
  readonly platform: Platform;
  readonly ports: RunPorts;
  readonly transaction: Transaction;
  readonly run: RunRow;
  readonly at: Date;
}

/** Commits an effect with the move. Answers why it was refused, or undefined. */
export async function performEffect(
  move: RunMove,
  effect: Effect,
  mover: Mover,
): Promise<string | undefined> {
  switch (effect.type) {
    case 'step-entered':
      await sql`insert into journey_run_steps (run_id, step_id, entered_at)
        values (${move.run.id}, ${effect.stepId}, ${move.at})`.execute(move.transaction);
      return undefined;
    case 'step-left':
      await leaveStep(move, effect.stepId, effect.outcome);
      return undefined;
    case 'raise-trigger':
      return raiseFor(move, effect, mover);
    case 'send-message':
      await notifyFor(move, effect, mover);
      return undefined;
  }
}

async function notifyFor(
  { ports, transaction, run }: RunMove,
  { step, values, caseId }: Extract<Effect, { type: 'send-message' }>,
  mover: Mover,
): Promise<void> {
  const contact =
    run.contact_id === null ? undefined : await ports.accounts.findContact(transaction, run.contact_id);
  await ports.notifications.notify(transaction, {
    channel: step.channel,
    template: step.template,
    values,
    purpose: step.purpose,
    topic: step.topic ?? null,
    contact: contact ?? null,
    caseId,
    test: run.test,
    causedBy: mover.causedBy,
    origin: { journeyId: run.journey_id, runId: run.id, stepId: step.id },
  });
}

async function raiseFor(
  move: RunMove,
  effect: Extract<Effect, { type: 'raise-trigger' }>,
  mover: Mover,
): Promise<string | undefined> {
  const { platform, transaction, run } = move;
  const trigger = await findTrigger(transaction, effect.trigger);
  if (trigger === undefined) {
    await leaveStep(move, effect.stepId, 'refused');
    return `There is no trigger ${effect.trigger}.`;
  }
  const raised = await raiseTrigger(platform, transaction, {
    trigger,
    attributes: effect.attributes,
    contactId: run.contact_id,
    test: run.test,
    actor: 'system:journeys',
    causedBy: mover.causedBy,
    depth: mover.depth + 1,
    origin: { runId: run.id, stepId: effect.stepId },
  });
  if (raised.kind !== 'refused') {
    return undefined;
  }
  await leaveStep(move, effect.stepId, 'refused');
  return raised.reason;
}

async function leaveStep(move: RunMove, stepId: string, outcome: string): Promise<void> {
  await sql`update journey_run_steps set left_at = ${move.at}, outcome = ${outcome}
    where run_id = ${move.run.id} and step_id = ${stepId}`.execute(move.transaction);
}

/** Tells the log what became of a run. */
export async function tellRun(
  { transaction, run, at }: Pick<RunMove, 'transaction' | 'run' | 'at'>,
  type: 'journey.run-started' | 'journey.run-finished',
  more: Readonly<Record<string, unknown>>,
  mover: Mover,
): Promise<void> {
  await appendEvent(transaction, {
    type,
    key: run.id,
    payload: {
      runId: run.id,
      journeyId: run.journey_id,
      contactId: run.contact_id,
      test: run.test,
      ...more,
    },
    actor: 'system:journeys',
    occurredAt: at,
    ...(mover.causedBy === null ? {} : { causedBy: mover.causedBy }),
  });
}
