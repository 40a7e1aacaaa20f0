import type { MqttBrokerSettings } from '../contracts/index.ts';
import { checkMappings } from './mapping-checks.ts';
import type { Tell } from './mistakes.ts';
import { checkSparkplug } from './sparkplug-checks.ts';

/** Tells what no schema can say of the gateway's own MQTT broker. */
export function checkMqttBroker(settings: MqttBrokerSettings, tell: Tell): void {
  const { mappings = [], plain, tls, sparkplug } = settings;
  checkMappings(mappings, ['mqttBroker', 'mappings'], tell);
  if (plain === false && tls === undefined) {
    tell(['mqttBroker', 'plain'], 'leaves no port open: add tls, or say enabled: false');
  }
  for (const key of ['revokedFile', 'clientCertificates'] as const) {
    if (tls?.[key] !== undefined && tls.clientCaFile === undefined) {
      tell(['mqttBroker', 'tls', key], 'needs clientCaFile, which says who signs certificates of devices');
    }
  }
  checkSparkplug(sparkplug, ['mqttBroker', 'sparkplug'], tell);
  for (const [index, node] of (sparkplug?.nodes ?? []).entries()) {
    if (node.publisher === undefined && node.deviceId === undefined) {
      const path = ['mqttBroker', 'sparkplug', 'nodes', index, 'publisher'];
      tell(path, "is missing: with which device's credentials does the node sign in?");
    }
  }
}
