import type { MqttClientConnector } from '../contracts/index.ts';
import type { ConnectorKind } from './connector-kind.ts';
import { checkMappings, checkPattern } from './mapping-checks.ts';
import { checkSparkplug, sparkplugServices } from './sparkplug-checks.ts';

export const mqttClientKind: ConnectorKind<MqttClientConnector> = {
  services: (connector) => {
    const listed = (connector.devices ?? []).map((deviceId, index) => ({
      deviceId,
      path: ['devices', index],
      signals: undefined,
      writable: writableOf(connector, deviceId),
    }));
    const names = new Set(connector.devices);
    return [
      ...listed,
      ...sparkplugServices(connector.sparkplug).filter(({ deviceId }) => !names.has(deviceId)),
    ];
  },
  exclusives: ({ url, clientId }) => [{ name: `${url} as ${clientId}`, path: ['clientId'] }],
  check(connector, path, tell) {
    const { mappings = [], sparkplug, results, certificateFile, keyFile } = connector;
    checkMappings(mappings, [...path, 'mappings'], tell);
    if (mappings.length === 0 && sparkplug === undefined) {
      tell([...path, 'mappings'], 'is missing: it says which topics are read, and what they hold');
    }
    checkSparkplug(sparkplug, [...path, 'sparkplug'], tell);
    if (results !== undefined) {
      const names = checkPattern(results, [...path, 'results'], tell);
      if (!names.has('device') || !names.has('commandId')) {
        tell([...path, 'results'], 'needs the wildcards +device and +commandId');
      }
    }
    if ((certificateFile === undefined) !== (keyFile === undefined)) {
      const [given, missing] =
        keyFile === undefined ? ['certificateFile', 'keyFile'] : ['keyFile', 'certificateFile'];
      tell([...path, given ?? ''], `is of no use without ${missing}`);
    }
  },
};

/** Undefined where a template takes every name. */
function writableOf(
  { commands = [] }: MqttClientConnector,
  deviceId: string,
): ReadonlySet<string> | undefined {
  const own = commands.filter(({ devices }) => devices === undefined || devices.includes(deviceId));
  return own.some(({ names }) => names === undefined)
    ? undefined
    : new Set(own.flatMap(({ names }) => names ?? []));
}
