import type { ConnectorConfiguration, GatewayConfiguration } from '../contracts/index.ts';
import { checkCloud } from './cloud-checks.ts';
import type { ServedDevice } from './connector-kind.ts';
import { checkConnector, exclusivesOf, servicesOf } from './connector-kinds.ts';
import { checkDevice } from './device-checks.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { checkMqttBroker } from './mqtt-broker-checks.ts';
import { tellRepeated } from './names.ts';
import { sparkplugServices } from './sparkplug-checks.ts';
import { checkUplink } from './uplink-checks.ts';

/** What the gateway's own broker is called among the connectors. */
export const brokerName = 'mqtt-broker';

/** A served device, and the name of the connector that serves it. */
export interface Service extends ServedDevice {
  readonly connector: string;
}

/** What no schema can say: names that must be unique, and names that must mean something. */
export function crossCheck(configuration: GatewayConfiguration, tell: Tell): void {
  checkUplink(configuration.uplink, tell);
  if (configuration.cloud) {
    checkCloud(configuration.cloud, tell);
  }
  const devices = configuration.devices ?? [];
  tellRepeated(devices, (device) => device.id, ['devices'], 'id', 'the device', tell);
  const connectors = configuration.connectors ?? [];
  tellRepeated(connectors, (connector) => connector.name, ['connectors'], 'name', 'the connector', tell);
  for (const [index, { name }] of connectors.entries()) {
    if (name === brokerName) {
      tell(['connectors', index, 'name'], `is the name of the gateway's own broker`);
    }
  }
  tellSharedResources(connectors, tell);
  if (configuration.mqttBroker) {
    checkMqttBroker(configuration.mqttBroker, tell);
  }
  const services = new Map<string, Service>();
  const known = new Set(devices.map((device) => device.id));
  for (const [index, connector] of connectors.entries()) {
    const path: KeyPath = ['connectors', index];
    for (const served of servicesOf(connector)) {
      const { deviceId } = served;
      const other = services.get(deviceId);
      if (!known.has(deviceId)) {
        tell([...path, ...served.path], `names the device ${deviceId}, which is not among the devices`);
      } else if (other) {
        tell(
          [...path, ...served.path],
          `names the device ${deviceId}, which is served by ${other.connector} already`,
        );
      }
      services.set(deviceId, other ?? { ...served, connector: connector.name });
    }
    checkConnector(connector, path, tell);
  }
  for (const served of sparkplugServices(configuration.mqttBroker?.sparkplug)) {
    services.set(served.deviceId, services.get(served.deviceId) ?? { ...served, connector: brokerName });
  }
  for (const [index, device] of devices.entries()) {
    checkDevice(device, ['devices', index], services, tell);
  }
}

function tellSharedResources(connectors: readonly ConnectorConfiguration[], tell: Tell): void {
  const holders = new Map<string, string>();
  for (const [index, connector] of connectors.entries()) {
    for (const { name, path } of exclusivesOf(connector)) {
      const other = holders.get(name);
      if (other !== undefined) {
        tell(['connectors', index, ...path], `is taken by ${other} already`);
      }
      holders.set(name, connector.name);
    }
  }
}
