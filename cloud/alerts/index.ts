/**
 * The alerts of devices.
 *
 * A gateway raises an alert and gives it its id; what follows are numbered transitions (escalated, deescalated,
 * cleared). They may come twice and in any order: each is stored once under (alert, number), and the alert is what
 * they fold to. Three things about an alert are kept apart. Its condition (`active`, `cleared`) is the device's
 * word alone. Its response (`unacknowledged`, `acknowledged`) is whether a person has seen it. Its status
 * (`active`, `in-progress`, `closed`, `inactive`) is what is being done about it.
 *
 * Invariants: one active alert per device and rule (a unique index; where a clear was lost, the newer occurrence
 * supersedes the older); exactly one `alert.raised` per alert, in the transaction that stores it; a closed alert
 * never changes its status again. An alert of the same device and error code within five minutes of a primary
 * alert that is still worked on becomes its child.
 *
 * What may go wrong: a record of a device that this gateway does not speak for. It is counted as a refusal of that
 * gateway, and never fails the batch, which would block the gateway's lane.
 */
import type { UplinkHandler } from '../gateways/index.ts';
import type { Capability, Database, Platform, Transaction } from '../platform/index.ts';
import { changeStatusIfPossible, type StatusStep } from './handling.ts';
import { toAlert, toTransition } from './presentation.ts';
import { type DeviceNames, registerRoutes } from './routes.ts';
import type { Alert, AlertWithTransitions } from './schemas.ts';
import { changeAlert, findAlerts, listIdsOfCase, listTransitions, lockAlert } from './store.ts';
import { type AlertsDependencies, createUplinkHandler } from './uplink.ts';

export { groupingMilliseconds } from './batch.ts';
export type { StatusStep } from './handling.ts';
export { Alert, AlertWithTransitions, Transition } from './schemas.ts';
export { AlertStatus } from './status.ts';
export type { AlertsDependencies } from './uplink.ts';

export interface Alerts extends Capability {
  readonly uplink: UplinkHandler;
  find(database: Database, alertId: string): Promise<Alert | undefined>;
  /** With all that was said of them, in the order of time. Ids that are none are left out. */
  findWithTransitions(database: Database, alertIds: readonly string[]): Promise<AlertWithTransitions[]>;
  /** Those that a case deals with, oldest first. */
  listOfCase(database: Database, caseId: string): Promise<AlertWithTransitions[]>;
  /** Where the status machine has no such step, nothing happens. */
  changeStatus(transaction: Transaction, step: StatusStep): Promise<void>;
  /** Says which case deals with it; the first one stays. */
  linkCase(transaction: Transaction, alertId: string, caseId: string): Promise<void>;
}

export function createAlerts(platform: Platform, dependencies: AlertsDependencies): Alerts {
  const deviceNames: DeviceNames = async (database, ids) => {
    const devices = await dependencies.devices.findDevices(database, ids);
    return new Map([...devices].map(([id, device]) => [id, device.name]));
  };
  const findMany = async (database: Database, ids: readonly string[]): Promise<Map<string, Alert>> => {
    const rows = await findAlerts(database, ids);
    const names = await deviceNames(database, [...new Set(rows.map((row) => row.device_id))]);
    return new Map(rows.map((row) => [row.id, toAlert(row, names.get(row.device_id))]));
  };
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
  return {
    name: 'alerts',
    uplink: createUplinkHandler(dependencies),
    routes: (app) => registerRoutes(app, platform, deviceNames),
    find: async (database, alertId) => (await findMany(database, [alertId])).get(alertId),
    findWithTransitions,
    listOfCase: async (database, caseId) =>
      findWithTransitions(database, await listIdsOfCase(database, caseId)),
    changeStatus: (transaction, step) => changeStatusIfPossible(transaction, platform, step),
    async linkCase(transaction, alertId, caseId) {
      const alert = await lockAlert(transaction, alertId);
      if (alert !== undefined && alert.case_id === null) {
        await changeAlert(transaction, alertId, { case_id: caseId }, new Date(platform.clock.now()));
      }
    },
  };
}
