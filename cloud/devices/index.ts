/**
 * Devices: assets that speak for themselves, through a gateway.
 *
 * Actors: a technician registers an asset as a device of a category at a gateway. The gateway is sent its definition
 * (the SHA-256 of its MQTT password, its signals and rules) and says from then on how it is. Capabilities to the
 * right ask which device, asset, account and category a record belongs to.
 *
 * Registration: unknown (it came by itself), unregistered, in progress, registered (the gateway has journaled the
 * definition, or spoke of the device, be it to bring it in) or error; each step is kept, with who, what was asked for
 * and what became of it.
 * A device's id is its own for good. An asset has one device at a time (a partial unique index). A registered device
 * that is deactivated keeps its registration, and its gateway does not serve it.
 *
 * Definition: the category's signals, rules and commands, as they were told, have a version (their SHA-256). The gateway
 * says which it runs, or why it refuses one and goes on with the one before: none, waiting, taken, running or refused.
 *
 * Properties: what the device is to be set to (desired) goes down within its definition, with a version that counts
 * up; what it is set to (reported) comes up with its status, merged in the order in which its gateway tells it.
 *
 * Presence: a device is connected since its first reading or its gateway's word, until its gateway says that it went,
 * or is away itself. Words come by two lanes in any order: only newer ones count.
 *
 * Categories carry signals, rules, commands and the escalation policy. A rule that changes gets a new version, never
 * used before; every change goes to each gateway that has such devices.
 *
 * May go wrong: records of a device that is not of this gateway (counted as rejections of the gateway, and left out);
 * a gateway that never takes a definition (the registration turns into an error, and may be tried again).
 */
import type { Assets } from '../assets/index.ts';
import {
  type DownlinkSource,
  downlinkTopic,
  type Gateways,
  type SentRecords,
  type UplinkHandler,
} from '../gateways/index.ts';
import type { Capability, Database, Platform, Transaction } from '../platform/index.ts';
import { categoryRoutes } from './category-routes.ts';
import type { DeviceCategory } from './category-schemas.ts';
import { findCategories } from './category-store.ts';
import { createDefinitionHandler } from './definition-reports.ts';
import { definitionsOfGateway } from './definitions.ts';
import { countOfGateway, type DeviceRow, findDevices, toDevice } from './device-store.ts';
import type { KnownIncidentTypes } from './incident-types-named.ts';
import { judgeRegistrations } from './judging.ts';
import { type DeviceOfGateway, findDevicesOfGateways } from './of-gateways.ts';
import { createGatewaySubscription, createStatusHandler, takePresenceWords } from './presence.ts';
import { isWorthTelling } from './presence-word.ts';
import { provisioningRoutes, provisioningTasks } from './provisioning/index.ts';
import { deviceRoutes, historyRoutes, propertyRoutes, registrationRoutes } from './routes.ts';
import type { Device } from './schemas.ts';

export { CommandDefinition, commandSecondsMax, DeviceCategory } from './category-schemas.ts';
export type { CommandParameter } from './command-parameter.ts';
export { checkCommandParameters } from './command-parameters.ts';
export { EscalationPolicy, EscalationRule, Remedy, ruleFor } from './escalation-policy.ts';
export type { KnownIncidentTypes } from './incident-types-named.ts';
export type { DeviceOfGateway } from './of-gateways.ts';
export { Device } from './schemas.ts';

export interface Devices extends Capability {
  readonly uplinkHandlers: readonly UplinkHandler[];
  readonly downlinkSource: DownlinkSource;
  /** By id, in one query; ids that are none are left out. */
  findDevices(database: Database, ids: readonly string[]): Promise<Map<string, Device>>;
  findDevice(database: Database, id: string): Promise<Device | undefined>;
  /** Those of the devices in the records that each gateway speaks for, in one query; the others are to be refused and counted. */
  findForGateways(
    transaction: Transaction,
    sent: readonly SentRecords<{ readonly deviceId: string }>[],
  ): Promise<(gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>>;
  findCategory(database: Database, id: string): Promise<DeviceCategory | undefined>;
  /** How many devices a gateway speaks for. */
  countOfGateway(database: Database, gatewayId: string): Promise<number>;
  /**
   * Readings of these devices were taken, the latest at these times (epoch milliseconds, by the gateway's clock).
   * Writes only where that is news: a device that was not connected, or not heard of for 10 s.
   */
  noteActivity(
    transaction: Transaction,
    gatewayId: string,
    activity: ReadonlyMap<string, { readonly device: DeviceOfGateway; readonly at: number }>,
    receivedAt: Date,
  ): Promise<void>;
  /** Who keeps incident types says here which there are. */
  plug(ports: { readonly knownIncidentTypes: KnownIncidentTypes }): void;
}

const registrationRescanMilliseconds = 2000;

export function createDevices(
  platform: Platform,
  dependencies: { assets: Assets; gateways: Gateways },
): Devices {
  const { assets, gateways } = dependencies;
  const parts = { platform, assets, gateways };
  let knownIncidentTypes: KnownIncidentTypes = async (_database, ids) => new Set(ids);
  return {
    name: 'devices',
    uplinkHandlers: [createStatusHandler(gateways), createDefinitionHandler(gateways)],
    downlinkSource: {
      presentState: (transaction, gatewayId) =>
        definitionsOfGateway(transaction, gatewayId, new Date(platform.clock.now())),
    },
    subscriptions: [createGatewaySubscription(gateways)],
    tasks: [
      {
        name: 'devices.registrations',
        everyMilliseconds: registrationRescanMilliseconds,
        // A gateway's receipt for a definition wakes the streams.
        wakesOn: ['device.', 'gateway.', downlinkTopic],
        run: () => judgeRegistrations(parts),
      },
      ...provisioningTasks(parts),
    ],
    findDevices: async (database, ids) => byId(await findDevices(database, ids)),
    findDevice: async (database, id) => byId(await findDevices(database, [id])).get(id),
    findForGateways: findDevicesOfGateways,
    findCategory: async (database, id) => (await findCategories(database, [id])).get(id),
    countOfGateway,
    noteActivity,
    plug(ports) {
      knownIncidentTypes = ports.knownIncidentTypes;
    },
    routes(app) {
      categoryRoutes(app, platform, {
        gateways,
        known: (database, ids) => knownIncidentTypes(database, ids),
      });
      deviceRoutes(app, parts);
      propertyRoutes(app, parts);
      registrationRoutes(app, parts);
      historyRoutes(app, parts);
      provisioningRoutes(app, parts);
    },
  };
}

function byId(rows: readonly DeviceRow[]): Map<string, Device> {
  return new Map(rows.map((row) => [row.id, toDevice(row)]));
}

const noteActivity: Devices['noteActivity'] = async (transaction, gatewayId, activity, receivedAt) => {
  const words = [...activity]
    .filter(([, { device, at }]) => isWorthTelling(device, at))
    .map(([deviceId, { at }]) => ({ deviceId, connected: true, at }));
  if (words.length > 0) {
    await takePresenceWords(transaction, gatewayId, words, receivedAt);
  }
};
