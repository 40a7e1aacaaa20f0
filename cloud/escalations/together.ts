import type { AlertWithTransitions } from '../alerts/index.ts';
import { type EscalationRule, ruleFor } from '../devices/index.ts';
import { appendEvents, type StoredEvent, type Transaction } from '../platform/index.ts';
import { decide, type EpisodeAction, type EpisodeStep, newEpisode } from './episode.ts';
import { caseOf } from './evidence.ts';
import { type Cause, type EscalationsGround, ownActor } from './ground.ts';
import { toldEvent } from './run.ts';
import { faultKeyOf, insertSteps, type StoredEpisode } from './store.ts';
import { toldWhen } from './take-up.ts';
import { findTakenUp, insertEpisodes, linkCases } from './together-store.ts';

/** One alert whose fault goes straight to people: nothing is to be tried, and a case is to be opened. */
interface Opening {
  readonly eventId: number;
  readonly alert: AlertWithTransitions;
  readonly faultKey: string;
  readonly cause: Cause;
  /** As it is once it was given up. */
  readonly stored: StoredEpisode;
  readonly reason: string;
  readonly told: readonly Told[];
}
interface Told {
  readonly step: EpisodeStep;
  readonly reason: string | null;
}

/**
 * A storm of alerts whose policy tries nothing: their cases are opened by a few statements for all, where one by one
 * each takes some fifty. The decisions are those of `decide`; every alert that needs anything else is left to be taken
 * up by itself. Answers the ids of the events that were handled.
 */
export async function takeUpTogether(
  transaction: Transaction,
  ground: EscalationsGround,
  events: readonly StoredEvent[],
): Promise<ReadonlySet<number>> {
  const raised = independentlyRaised(events);
  const openings = raised.size < 2 ? [] : await openingsOf(transaction, ground, raised);
  if (openings.length < 2) {
    return new Set();
  }
  const now = new Date(ground.platform.clock.now());
  const inserted = await insertEpisodes(transaction, openings, now);
  const ours = openings.filter(({ stored }) => inserted.has(stored.id));
  await tellAll(
    transaction,
    ours.map((opening) => ({ opening, stored: opening.stored, told: opening.told })),
    now,
  );
  await openCases(transaction, ground, ours, now);
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
    const policy = categories.get(found.get(alert.deviceId ?? '')?.categoryId ?? '')?.escalationPolicy;
    const rule = policy && !taken.has(alert.id) ? ruleFor(policy, alert) : undefined;
    const opening = event && rule && openingOf(ground, event, alert, rule);
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
  rule: EscalationRule,
): Opening | undefined {
  const fresh = newEpisode({ rule, wantedPriority: null, alerts: { [alert.id]: alert.condition } });
  const begun = { type: 'begun', byHand: false, told: 'now' } as const;
  const { episode, actions } = decide(fresh, begun, platform.clock.now());
  const opens = actions.find((action) => action.type === 'open-case');
  const others = actions.filter((action) => action.type !== 'open-case' && action.type !== 'tell');
  if (opens === undefined || others.length > 0 || rule.otherwise !== 'case') {
    return undefined;
  }
  return {
    eventId: event.id,
    alert,
    faultKey: faultKeyOf(alert.errorCode, alert.rule),
    cause: { actor: ownActor, causedBy: event.id },
    stored: {
      id: platform.newId(),
      deviceId: alert.deviceId ?? '',
      errorCode: alert.errorCode,
      episode,
    },
    reason: opens.reason,
    told: tellings(actions),
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
  const { alerts, cases, devices, gateways, telemetry } = ground.dependencies;
  const deviceIds = [...new Set(openings.map(({ stored }) => stored.deviceId))];
  const found = await devices.findDevices(transaction, deviceIds);
  const readings = await telemetry.findLatestOf(transaction, deviceIds);
  const ofGateways = await gateways.findGateways(transaction, [
    ...new Set([...found.values()].map(({ gatewayId }) => gatewayId)),
  ]);
  const caseIds = await cases.openTogether(
    transaction,
    openings.map(({ stored, reason, cause, alert, told }) => {
      const device = found.get(stored.deviceId);
      return caseOf(stored, reason, cause, {
        device,
        gatewayName: ofGateways.get(device?.gatewayId ?? '')?.name,
        members: [alert],
        commands: [],
        readings: readings.get(stored.deviceId) ?? [],
        steps: told.map((step) => ({ ...step, at: now })),
        now: now.getTime(),
      });
    }),
  );
  const opened = openings.map((opening) => {
    const caseId = caseIds.get(opening.stored.id);
    if (caseId === undefined) {
      throw new Error(`the new escalation ${opening.stored.id} had a case before it was stored`);
    }
    const event = { type: 'case-opened', caseId, workOrderId: null } as const;
    const { episode, actions } = decide(opening.stored.episode, event, now.getTime());
    return { opening, caseId, stored: { ...opening.stored, episode }, told: tellings(actions) };
  });
  await linkCases(
    transaction,
    opened.map(({ stored }) => stored),
    now,
  );
  await alerts.handOver(
    transaction,
    opened.map(({ opening, caseId }) => ({
      alertId: opening.alert.id,
      caseId,
      causedBy: opening.cause.causedBy,
    })),
    { reason: 'a case is open', actor: ownActor },
  );
  await tellAll(transaction, opened, now);
}

async function tellAll(
  transaction: Transaction,
  tellers: readonly {
    readonly opening: Opening;
    readonly stored: StoredEpisode;
    readonly told: readonly Told[];
  }[],
  at: Date,
): Promise<void> {
  await insertSteps(
    transaction,
    tellers.flatMap(({ stored, told }) =>
      told.map(({ step, reason }) => ({ escalation_id: stored.id, at, step, reason })),
    ),
  );
  await appendEvents(
    transaction,
    tellers.flatMap(({ opening, stored, told }) =>
      told.map(({ step, reason }) => toldEvent(stored, step, reason, opening.cause, at)),
    ),
  );
}
