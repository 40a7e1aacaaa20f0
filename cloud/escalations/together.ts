import { alertReason } from '@andon/shared/contracts';
import type { AlertWithTransitions } from '../alerts/index.ts';
import { type Device, type EscalationRule, ruleFor } from '../devices/index.ts';
import { appendEvents, type StoredEvent, type Transaction } from '../platform/index.ts';
import { decide, type EpisodeAction, type EpisodeStep, newEpisode } from './episode.ts';
import { caseOf } from './evidence.ts';
import { type Cause, type EscalationsGround, ownActor } from './ground.ts';
import { toldEvent } from './run.ts';
import { faultKeyOf, insertSteps, type StoredEpisode } from './store.ts';
import { toldWhen } from './take-up.ts';
import { findTakenUp, insertEpisodes } from './together-store.ts';

/** One alert whose fault goes straight to people: nothing is to be tried, and a case is to be opened. */
interface Opening {
  readonly eventId: number;
  readonly alert: AlertWithTransitions;
  readonly faultKey: string;
  readonly cause: Cause;
  readonly device: Device;
  readonly caseId: string;
  /** As it is once its case is open. */
  readonly stored: StoredEpisode;
  readonly reason: string;
  /** What is told before the case is opened, and then. */
  readonly before: readonly Told[];
  readonly after: readonly Told[];
}
interface Told {
  readonly step: EpisodeStep;
  readonly reason: string | null;
}

/**
 * Alerts whose policy tries nothing: their cases are opened by a few statements for all, where step by step each takes
 * some fifty. The decisions are those of `decide`; every alert that needs anything else is left to be taken
 * up by itself. Answers the ids of the events that were handled.
 */
export async function takeUpTogether(
  transaction: Transaction,
  ground: EscalationsGround,
  events: readonly StoredEvent[],
): Promise<ReadonlySet<number>> {
  const raised = independentlyRaised(events);
  const openings = raised.size === 0 ? [] : await openingsOf(transaction, ground, raised);
  if (openings.length === 0) {
    return new Set();
  }
  const now = new Date(ground.platform.clock.now());
  const inserted = await insertEpisodes(transaction, openings, now);
  const ours = openings.filter(({ stored }) => inserted.has(stored.id));
  await tell(transaction, ours, 'before', now);
  await openCases(transaction, ground, ours, now);
  await keepSteps(transaction, ours, now);
  await tell(transaction, ours, 'after', now);
  return new Set(ours.map(({ eventId }) => eventId));
}

/** Alerts that were raised, by their event's id, where nothing earlier of these events is about the same device. */
function independentlyRaised(events: readonly StoredEvent[]): Map<string, StoredEvent> {
  const raised = new Map<string, StoredEvent>();
  const touched = new Set<string>();
  for (const event of events) {
    const { deviceId, held, trigger } = event.payload;
    if (event.type === 'trigger.raised' && trigger !== 'case-creation') {
      continue;
    }
    if (typeof deviceId !== 'string') {
      break;
    }
    if (event.type === 'alert.raised' && !touched.has(deviceId) && (held === null || held === undefined)) {
      raised.set(event.key, event);
    } else {
      touched.add(deviceId);
    }
  }
  return raised;
}

async function openingsOf(
  transaction: Transaction,
  ground: EscalationsGround,
  raised: ReadonlyMap<string, StoredEvent>,
): Promise<Opening[]> {
  const { alerts, devices } = ground.dependencies;
  const candidates = new Map<string, AlertWithTransitions>();
  for (const alert of await alerts.findWithTransitions(transaction, [...raised.keys()])) {
    const key = `${alert.deviceId} ${faultKeyOf(alert.errorCode, alert.rule)}`;
    const isNow = alert.condition === 'active' && alert.hold === null && toldWhen(alert) === 'now';
    if (isNow && !candidates.has(key)) {
      candidates.set(key, alert);
    }
  }
  const faults = [...candidates.values()].map((alert) => ({
    alertId: alert.id,
    deviceId: alert.deviceId ?? '',
    faultKey: faultKeyOf(alert.errorCode, alert.rule),
  }));
  const taken = await findTakenUp(transaction, faults);
  const found = await devices.findDevices(transaction, [...new Set(faults.map(({ deviceId }) => deviceId))]);
  const categories = new Map<string, Awaited<ReturnType<typeof devices.findCategory>>>();
  for (const id of new Set([...found.values()].map(({ categoryId }) => categoryId))) {
    categories.set(id, await devices.findCategory(transaction, id));
  }
  const openings: Opening[] = [];
  for (const alert of candidates.values()) {
    const event = raised.get(alert.id);
    const device = found.get(alert.deviceId ?? '');
    const policy = categories.get(device?.categoryId ?? '')?.escalationPolicy;
    const rule = policy && !taken.has(alert.id) ? ruleFor(policy, alert) : undefined;
    const opening = event && device && rule && openingOf(ground, event, alert, device, rule);
    if (opening !== undefined) {
      openings.push(opening);
    }
  }
  return openings;
}

/** Undefined where the fault does not go straight to a case. */
function openingOf(
  { platform }: EscalationsGround,
  event: StoredEvent,
  alert: AlertWithTransitions,
  device: Device,
  rule: EscalationRule,
): Opening | undefined {
  const now = platform.clock.now();
  const fresh = newEpisode({ rule, wantedPriority: null, alerts: { [alert.id]: alert.condition } });
  const begun = { type: 'begun', byHand: false, told: 'now' } as const;
  const { episode, actions } = decide(fresh, begun, now);
  const opens = actions.find((action) => action.type === 'open-case');
  const others = actions.filter((action) => action.type !== 'open-case' && action.type !== 'tell');
  if (opens === undefined || others.length > 0 || rule.otherwise !== 'case') {
    return undefined;
  }
  const caseId = platform.newId();
  const opened = decide(episode, { type: 'case-opened', caseId, workOrderId: null }, now);
  return {
    eventId: event.id,
    alert,
    faultKey: faultKeyOf(alert.errorCode, alert.rule),
    cause: { actor: ownActor, causedBy: event.id },
    device,
    caseId,
    stored: {
      id: platform.newId(),
      deviceId: device.id,
      errorCode: alert.errorCode,
      episode: opened.episode,
    },
    reason: opens.reason,
    before: tellings(actions),
    after: tellings(opened.actions),
  };
}

const tellings = (actions: readonly EpisodeAction[]): Told[] =>
  actions.filter((action) => action.type === 'tell');

async function openCases(
  transaction: Transaction,
  ground: EscalationsGround,
  openings: readonly Opening[],
  now: Date,
): Promise<void> {
  const { alerts, cases, gateways, telemetry } = ground.dependencies;
  const readings = await telemetry.findLatestOf(transaction, [
    ...new Set(openings.map(({ device }) => device.id)),
  ]);
  const ofGateways = await gateways.findGateways(transaction, [
    ...new Set(openings.map(({ device }) => device.gatewayId)),
  ]);
  await cases.openTogether(
    transaction,
    openings.map(({ stored, reason, cause, alert, before, device, caseId }) => ({
      caseId,
      device,
      escalated: caseOf(stored, reason, cause, {
        device,
        gatewayName: ofGateways.get(device.gatewayId)?.name,
        members: [alert],
        commands: [],
        readings: readings.get(device.id) ?? [],
        steps: before.map((step) => ({ ...step, at: now })),
        now: now.getTime(),
      }),
    })),
  );
  await alerts.handOver(
    transaction,
    openings.map(({ alert, caseId, cause }) => ({ alertId: alert.id, caseId, causedBy: cause.causedBy })),
    { reason: alertReason('case-open'), actor: ownActor },
  );
}

function keepSteps(transaction: Transaction, openings: readonly Opening[], at: Date): Promise<void> {
  return insertSteps(
    transaction,
    openings.flatMap(({ stored, before, after }) =>
      [...before, ...after].map(({ step, reason }) => ({ escalation_id: stored.id, at, step, reason })),
    ),
  );
}

async function tell(
  transaction: Transaction,
  openings: readonly Opening[],
  when: 'before' | 'after',
  at: Date,
): Promise<void> {
  await appendEvents(
    transaction,
    openings.flatMap((opening) => {
      const { stored, cause } = opening;
      const episode = when === 'before' ? { ...stored.episode, caseId: null } : stored.episode;
      return opening[when].map(({ step, reason }) =>
        toldEvent({ ...stored, episode }, step, reason, cause, at),
      );
    }),
  );
}
