import { type AlertReason, alertReason, CommandState, readAlertReason } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { CasePriority } from '../cases/index.ts';
import type { StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import type { ClearedBy } from './episode.ts';
import { type Cause, type EscalationsGround, ownActor } from './ground.ts';
import { happen } from './run.ts';
import {
  insertRequest,
  isKnownRequest,
  lockByAlert,
  lockByCase,
  lockByCommand,
  lockByWorkOrder,
} from './store.ts';
import { takeUpAlert, takeUpRequest } from './take-up.ts';
import { takeUpTogether } from './together.ts';

type Handler = (
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
) => Promise<void>;

/** The trigger by which a journey asks for a case. */
const caseCreationTrigger = 'case-creation';

const handlers: Readonly<Record<string, Handler>> = {
  'alert.raised': onAlert,
  'alert.escalated': onAlert,
  'alert.released': onAlert,
  'alert.cleared': onCleared,
  'command.state-changed': onCommand,
  'case.status-changed': onCase,
  'work-order.status-changed': onWorkOrder,
  'trigger.raised': onTrigger,
};

/** All that moves an episode but time, in one order. */
export function episodesSubscription(ground: EscalationsGround): Subscription {
  return {
    name: 'escalations',
    types: Object.keys(handlers),
    handleTogether: (transaction, events) => takeUpTogether(transaction, ground, events),
    async handle(transaction, event) {
      await handlers[event.type]?.(transaction, ground, event, { actor: ownActor, causedBy: event.id });
    },
  };
}

function textOf(event: StoredEvent, name: string): string | undefined {
  const value = event.payload[name];
  return typeof value === 'string' ? value : undefined;
}

async function onAlert(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  // One that is held begins nothing now: `alert.released` tells it when nothing holds it any more.
  if (textOf(event, 'held') !== undefined) {
    return;
  }
  const alert = await ground.dependencies.alerts.find(transaction, event.key);
  if (alert !== undefined && alert.hold === null) {
    await takeUpAlert(transaction, ground, alert, cause);
  }
}

async function onCleared(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  const stored = await lockByAlert(transaction, event.key);
  if (stored !== undefined) {
    const cleared = { alertId: event.key, by: clearedBy(event) };
    await happen(transaction, ground, stored, { type: 'alert-cleared', ...cleared }, cause);
  }
}

/** A measured value whose quality is UNCERTAIN counts: that of a machine whose clock is not set again after its reboot, say. */
function clearedBy({ payload: { quality, gatewayTime, measured, reason } }: StoredEvent): ClearedBy {
  if (typeof reason === 'string' && readAlertReason(reason)?.token === 'superseded') {
    return 'successor';
  }
  const isProof =
    (quality === 'GOOD' && measured !== false) || (quality === 'UNCERTAIN' && measured === true);
  return isProof && typeof gatewayTime === 'number' ? { goodAt: gatewayTime } : 'nothing-measured';
}

/** What became of a remedy, by what became of its command. */
const endOf = {
  SUCCEEDED: 'command-succeeded',
  FAILED: 'command-failed',
  TIMED_OUT: 'command-timed_out',
  EXPIRED: 'command-expired',
  REJECTED: 'command-rejected',
  CANCELLED: 'command-cancelled',
} as const satisfies Partial<Record<CommandState, AlertReason>>;

function isEnd(state: CommandState): state is keyof typeof endOf {
  return Object.hasOwn(endOf, state);
}

async function onCommand(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  const state = event.payload.to;
  if (!Value.Check(CommandState, state) || !(state === 'EXECUTING' || isEnd(state))) {
    return;
  }
  const stored = await lockByCommand(transaction, event.key);
  const at = typeof event.payload.at === 'number' ? event.payload.at : null;
  if (stored !== undefined && state === 'EXECUTING') {
    if (at !== null) {
      await happen(transaction, ground, stored, { type: 'remedy-begun', commandId: event.key, at }, cause);
    }
  } else if (stored !== undefined && isEnd(state)) {
    const reason = textOf(event, 'reason');
    await happen(
      transaction,
      ground,
      stored,
      {
        type: 'remedy-ended',
        commandId: event.key,
        succeeded: state === 'SUCCEEDED',
        at,
        isUnbegun: state === 'CANCELLED' || state === 'EXPIRED',
        reason: alertReason(endOf[state], reason),
      },
      cause,
    );
  }
}

async function onCase(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  if (textOf(event, 'to') === 'active') {
    return;
  }
  const stored = await lockByCase(transaction, event.key);
  if (stored !== undefined) {
    await happen(transaction, ground, stored, { type: 'case-closed', caseId: event.key }, cause);
  }
}

async function onWorkOrder(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  const to = textOf(event, 'to');
  if (to !== 'completed' && to !== 'cancelled') {
    return;
  }
  const stored = await lockByWorkOrder(transaction, event.key);
  if (stored !== undefined) {
    const ended = { workOrderId: event.key, completed: to === 'completed' };
    await happen(transaction, ground, stored, { type: 'work-order-ended', ...ended }, cause);
  }
}

/** The case-creation flow. A test send reaches its contact alone, and makes no case. */
async function onTrigger(
  transaction: Transaction,
  ground: EscalationsGround,
  event: StoredEvent,
  cause: Cause,
): Promise<void> {
  const { attributes, test } = event.payload;
  const triggerEventId = textOf(event, 'triggerEventId') ?? event.key;
  if (textOf(event, 'trigger') !== caseCreationTrigger || test === true || !isRecord(attributes)) {
    return;
  }
  if (await isKnownRequest(transaction, triggerEventId)) {
    return;
  }
  const { alertId, deviceId, errorCode, priority } = attributes;
  const alert =
    typeof alertId === 'string' ? await ground.dependencies.alerts.find(transaction, alertId) : undefined;
  const ofDevice = alert?.deviceId ?? deviceId;
  if (typeof ofDevice !== 'string') {
    return;
  }
  const stored = await takeUpRequest(
    transaction,
    ground,
    {
      fault: {
        deviceId: ofDevice,
        errorCode: alert?.errorCode ?? (typeof errorCode === 'number' ? errorCode : null),
        alert,
      },
      priority: Value.Check(CasePriority, priority) ? priority : 'normal',
      byHand: false,
    },
    cause,
  );
  await insertRequest(transaction, triggerEventId, stored.id);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
