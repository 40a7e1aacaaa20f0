import { resolve } from 'node:path';
import type { GatewayConfiguration } from '@andon/shared/contracts';

const tlsKeys = ['certificateFile', 'keyFile', 'clientCaFile', 'revokedFile'] as const;
const clientKeys = ['passwordFile', 'caFile', 'certificateFile', 'keyFile'] as const;

/** The configuration with the files of MQTT's certificates and secrets as absolute paths. */
export function withMqttFilesIn(
  configuration: GatewayConfiguration,
  directory: string,
): GatewayConfiguration {
  const { mqttBroker, connectors } = configuration;
  const tls = mqttBroker?.tls;
  return {
    ...configuration,
    ...(mqttBroker && tls && { mqttBroker: { ...mqttBroker, tls: filesIn(tls, tlsKeys, directory) } }),
    ...(connectors && {
      connectors: connectors.map((connector) =>
        connector.type === 'mqtt-client' ? filesIn(connector, clientKeys, directory) : connector,
      ),
    }),
  };
}

/** The settings with the files of these keys as absolute paths. */
export function filesIn<Key extends string, Settings extends { readonly [Name in Key]?: string }>(
  settings: Settings,
  keys: readonly Key[],
  directory: string,
): Settings {
  const paths = keys.flatMap((key) => {
    const path = settings[key];
    return path === undefined ? [] : [[key, resolve(directory, path)]];
  });
  return { ...settings, ...Object.fromEntries(paths) };
}
