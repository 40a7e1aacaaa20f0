/**
 * The alerts of devices, and of the gateways that speak for them.
 *
 * A gateway raises an alert and gives it its id; what follows are numbered transitions (escalated, deescalated,
 * cleared). They may come twice and in any order: each is stored once under (alert, number), and the alert is what
 * they fold to. Three things about an alert are kept apart. Its condition (`active`, `cleared`) is the device's
 * word alone. Its response (`unacknowledged`, `acknowledged`) is whether a person has seen it; once it is
 * closed, that stays as it is. Its status (`active`, `in-progress`, `closed`, `inactive`) is what is being done about
 * it; `in-progress` says how far that is (`command-sent`, `command-failed`, `case-created`, `work-order-created`), by
 * a table (`status.ts`).
 *
 * Whether anybody is told is a fourth thing. A hold keeps an alert quiet: it lies on a shelf, somebody works there
 * (a port that maintenance windows plug in), its gateway was away, it is one of a storm (a port that incidents plug
 * in), or another device's alert stands for its group. A held alert is stored and shown like any other; it pages
 * nobody and begins no escalation. When nothing holds it any more and it lasts, `alert.released` tells it; when it
 * is over by then, nobody is told. Whoever tells people listens to `alert.raised` where `held` is null, and to
 * `alert.released`.
 *
 * Grouping: alerts of a category that have the chosen fields in common (the device and the error code, unless
 * somebody chose others), raised within the window of a primary alert that is still worked on, are its children. A
 * child of another device is held, unless it is worse than its primary. When the primary clears or is closed, the
 * oldest child that lasts takes its place and is told; the others become its children. That a primary gets worse or
 * better changes its children in nothing.
 *
 * A gateway that is away for longer than the grace is one alert of its own (`source` gateway, without a device). What
 * its devices seem to be silent about, then and for the recovery time after, is held by it.
 *
 * Invariants: one active alert per device and rule, and per gateway and rule (unique indexes; where a clear was lost,
 * the newer occurrence supersedes the older); exactly one `alert.raised` per alert, in the transaction that stores
 * it; a closed alert never changes its status again; one open shelf per device and rule.
 *
 * What may go wrong: a record of a device that this gateway does not speak for. It is counted as a refusal of that
 * gateway, and never fails the batch, which would block the gateway's lane.
 */
import type { UplinkHandler } from '../gateways/index.ts';
import {
  type Capability,
  type Database,
  inTransaction,
  type Platform,
  type Transaction,
} from '../platform/index.ts';
import { type HandedOver, handOver } from './handing-over.ts';
import { changeStatusIfPossible, type StatusStep } from './handling.ts';
import type { HoldSource, StormWatch } from './hold.ts';
import { endedHoldersSubscription, reconsiderDue } from './holding.ts';
import { absencesSubscription, outagesHolding, raiseDueOutage } from './outage.ts';
import { toAlert, toDeviceAlert, toTransition } from './presentation.ts';
import { progressSubscription } from './progress.ts';
import { type Presenting, registerRoutes } from './routes.ts';
import type { Alert, AlertWithTransitions, AnyAlert } from './schemas.ts';
import { shelvesHolding } from './shelf-store.ts';
import { endDueShelves } from './shelving.ts';
import { findAlerts, listIdsOfCase, listTransitions } from './store.ts';
import { countHeldBy, countMembers, type MemberCount } from './storm-store.ts';
import type { AlertRow } from './tables.ts';
import { type AlertsDependencies, createUplinkHandler } from './uplink.ts';

export type { StatusStep } from './handling.ts';
export type { Hold, HoldSource, HoldSubject, StormAlert, StormMembership, StormWatch } from './hold.ts';
export { isToldLate, lateArrivalMilliseconds } from './lateness.ts';
export { severityRank, worstSeverity } from './occurrence.ts';
export { gatewayDownRule } from './outage.ts';
export { Alert, AlertWithTransitions, AnyAlert, Transition } from './schemas.ts';
export { type AlertSettings, readSettings as readAlertSettings } from './settings.ts';
export { AlertProgress, AlertStatus } from './status.ts';
export {
  findStormDevices,
  joinTold,
  type MemberCount,
  type StormCause,
} from './storm-store.ts';
export type { AlertsDependencies } from './uplink.ts';

export interface Alerts extends Capability {
  readonly uplink: UplinkHandler;
  /** An alert of a device; undefined where there is none, also of a gateway's alert. */
  find(database: Database, alertId: string): Promise<Alert | undefined>;
  /** Of devices and gateways, as they are shown. Ids that are none are left out. */
  findAny(database: Database, alertIds: readonly string[]): Promise<AnyAlert[]>;
  /** With all that was said of them, in the order of time. Ids that are none are left out. */
  findWithTransitions(database: Database, alertIds: readonly string[]): Promise<AlertWithTransitions[]>;
  /** Those that a case deals with, oldest first. */
  listOfCase(database: Database, caseId: string): Promise<AlertWithTransitions[]>;
  /** Where the status machine has no such step, nothing happens. */
  changeStatus(transaction: Transaction, step: StatusStep): Promise<void>;
  /** Says which cases deal with alerts: they are in progress with it, and the first case of each stays. */
  handOver(
    transaction: Transaction,
    handed: readonly HandedOver[],
    why: { readonly reason: string; readonly actor: string },
  ): Promise<void>;
  /** How many alerts are members of each incident, counted now. */
  countMembers(database: Database, incidentIds: readonly string[]): Promise<(id: string) => MemberCount>;
  /** How many alerts each shelf, window, incident or alert holds back, counted now. */
  countHeldBy(
    database: Database,
    holdIds: readonly string[],
  ): Promise<(id: string) => { readonly held: number; readonly voided: number }>;
  /** Plugs in what capabilities to the right bring; `app.ts` calls it once, before anything is served. */
  plug(parts: { holdSources: readonly HoldSource[]; storms: StormWatch }): void;
}

const holdsRescanMilliseconds = 1000;
const outagesRescanMilliseconds = 1000;

export function createAlerts(platform: Platform, dependencies: AlertsDependencies): Alerts {
  let plugged: readonly HoldSource[] = [];
  let storms: StormWatch | undefined;
  const parts = {
    platform,
    sources: () => [shelvesHolding, ...plugged, outagesHolding],
    storms: () => storms,
    findGateway: dependencies.gateways.findGateway,
    countDevices: dependencies.devices.countOfGateway,
  };
  const { present, findMany } = presenting(dependencies);
  const findWithTransitions = async (
    database: Database,
    alertIds: readonly string[],
  ): Promise<AlertWithTransitions[]> => {
    const transitions = await listTransitions(database, alertIds);
    const alerts = await findMany(database, alertIds);
    return alertIds
      .map((id) => alerts.get(id))
      .filter((alert) => alert !== undefined)
      .map((alert) => ({
        ...alert,
        transitions: transitions.filter((row) => row.alert_id === alert.id).map(toTransition),
      }));
  };
  const { database, clock } = platform;
  return {
    name: 'alerts',
    uplink: createUplinkHandler(dependencies, parts),
    routes: (app) => registerRoutes(app, platform, present, parts),
    subscriptions: [
      absencesSubscription(parts),
      endedHoldersSubscription(parts),
      progressSubscription(platform),
    ],
    tasks: [
      {
        name: 'alerts.shelves',
        everyMilliseconds: holdsRescanMilliseconds,
        run: () =>
          inTransaction(database, (transaction) => endDueShelves(transaction, new Date(clock.now()))),
      },
      {
        name: 'alerts.holds',
        everyMilliseconds: holdsRescanMilliseconds,
        run: () => inTransaction(database, (transaction) => reconsiderDue(transaction, parts)),
      },
      {
        name: 'alerts.outages',
        everyMilliseconds: outagesRescanMilliseconds,
        run: () => inTransaction(database, (transaction) => raiseDueOutage(transaction, parts)),
      },
    ],
    find: async (database, alertId) => (await findMany(database, [alertId])).get(alertId),
    findAny: async (database, alertIds) => present(database, await findAlerts(database, alertIds)),
    findWithTransitions,
    listOfCase: async (database, caseId) =>
      findWithTransitions(database, await listIdsOfCase(database, caseId)),
    changeStatus: (transaction, step) => changeStatusIfPossible(transaction, platform, step),
    handOver: (transaction, handed, why) => handOver(transaction, platform, handed, why),
    countMembers,
    countHeldBy,
    plug(brought) {
      plugged = brought.holdSources;
      storms = brought.storms;
    },
  };
}

/** Alerts with the names of whom they are of. */
function presenting({ devices, gateways }: AlertsDependencies) {
  const namesOf = async (database: Database, rows: readonly AlertRow[]): Promise<Map<string, string>> => {
    const deviceIds = rows.map((row) => row.device_id).filter((id) => id !== null);
    const found = await devices.findDevices(database, [...new Set(deviceIds)]);
    const names = new Map([...found].map(([id, device]) => [`device/${id}`, device.name]));
    const own = rows.filter((row) => row.source === 'gateway').map((row) => row.gateway_id);
    const ofGateways =
      own.length === 0 ? undefined : await gateways.findGateways(database, [...new Set(own)]);
    for (const id of own) {
      names.set(`gateway/${id}`, ofGateways?.get(id)?.name ?? id);
    }
    return names;
  };
  const nameOf = (row: AlertRow, names: ReadonlyMap<string, string>) =>
    names.get(row.source === 'gateway' ? `gateway/${row.gateway_id}` : `device/${row.device_id}`);
  const present: Presenting = async (database, rows) => {
    const names = await namesOf(database, rows);
    return rows.map((row) => toAlert(row, nameOf(row, names)));
  };
  const findMany = async (database: Database, ids: readonly string[]): Promise<Map<string, Alert>> => {
    const rows = await findAlerts(database, ids);
    const names = await namesOf(database, rows);
    const alerts = rows
      .map((row) => toDeviceAlert(row, nameOf(row, names)))
      .filter((alert) => alert !== undefined);
    return new Map(alerts.map((alert) => [alert.id, alert]));
  };
  return { present, findMany };
}
