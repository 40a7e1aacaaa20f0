import { isDeepStrictEqual } from 'node:util';
import { configurationChangesMax } from '@andon/shared/contracts';
import { brokerName } from '@andon/shared/gateway-configuration';
import type { LoadedConfiguration } from './configuration.ts';

/** The names under which a list's items are added, removed and changed. */
export interface ListDifferences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What differs between two configurations, by what has to be done about it. */
export interface Differences {
  /** By name; the gateway's own broker among them. Those that are not named go on undisturbed. */
  readonly connectors: ListDifferences;
  readonly devices: ListDifferences;
  /** The lines to the cloud are opened anew. */
  readonly cloud: boolean;
  /** When the lines to the cloud may be used. */
  readonly uplink: boolean;
  readonly statusPage: boolean;
  /** Sections that are read only at the start: all parts of the gateway start anew, in the same process. */
  readonly restart: readonly string[];
}

/** Sections that change while the gateway runs; whatever else a configuration holds, it is started anew for. */
const sectionsInPlace = new Set(['connectors', 'mqttBroker', 'devices', 'cloud', 'uplink', 'statusPage']);

export function differencesBetween(before: LoadedConfiguration, after: LoadedConfiguration): Differences {
  return {
    connectors: listDifferences(connectorsOf(before), connectorsOf(after)),
    devices: listDifferences(devicesOf(before), devicesOf(after)),
    cloud: !isDeepStrictEqual(before.cloud, after.cloud),
    uplink: !isDeepStrictEqual(before.configuration.uplink, after.configuration.uplink),
    statusPage: !isDeepStrictEqual(before.statusPage, after.statusPage),
    restart: restartSections(before, after),
  };
}

export function isNothing({ connectors, devices, cloud, uplink, statusPage, restart }: Differences): boolean {
  const lists = [connectors, devices].flatMap(({ added, removed, changed }) => [
    ...added,
    ...removed,
    ...changed,
  ]);
  return !cloud && !uplink && !statusPage && restart.length + lists.length === 0;
}

/** A line each, for people. */
export function inWords(differences: Differences): string[] {
  const { connectors, devices, cloud, uplink, statusPage, restart } = differences;
  return [
    ...connectors.added.map((name) => `the connector ${name} starts`),
    ...connectors.removed.map((name) => `the connector ${name} stops`),
    ...connectors.changed.map((name) => `the connector ${name} restarts`),
    ...devices.added.map((id) => `the device ${id} is new`),
    ...devices.removed.map((id) => `the device ${id} goes`),
    ...devices.changed.map((id) => `the device ${id} changes`),
    ...(cloud ? ['the lines to the cloud are opened anew'] : []),
    ...(uplink ? ['the windows of the lines to the cloud change'] : []),
    ...(statusPage ? ['the status page moves'] : []),
    ...restart.map((section) => `all parts of the gateway restart, because ${section} changes`),
  ];
}

function connectorsOf({ configuration }: LoadedConfiguration): Map<string, unknown> {
  const { mqttBroker, connectors = [] } = configuration;
  const named = connectors.map((connector): [string, unknown] => [connector.name, connector]);
  const broker: [string, unknown][] =
    mqttBroker === undefined || mqttBroker.enabled === false ? [] : [[brokerName, mqttBroker]];
  return new Map([...broker, ...named]);
}

const devicesOf = ({ configuration }: LoadedConfiguration): Map<string, unknown> =>
  new Map((configuration.devices ?? []).map((device) => [device.id, device]));

function listDifferences(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): ListDifferences {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter(
      (name) => before.has(name) && !isDeepStrictEqual(before.get(name), after.get(name)),
    ),
  };
}

function restartSections(before: LoadedConfiguration, after: LoadedConfiguration): string[] {
  const former = new Map(Object.entries(before.configuration));
  const wanted = new Map(Object.entries(after.configuration));
  const sections = [...new Set([...former.keys(), ...wanted.keys()])].filter(
    (section) => !sectionsInPlace.has(section),
  );
  return sections.filter((section) => !isDeepStrictEqual(former.get(section), wanted.get(section)));
}

/** The same, as many lines as may travel. */
export function changesOf(differences: Differences): string[] {
  const lines = inWords(differences);
  const shown = lines.slice(0, configurationChangesMax - 1);
  return lines.length > shown.length ? [...shown, `and ${lines.length - shown.length} more`] : lines;
}
