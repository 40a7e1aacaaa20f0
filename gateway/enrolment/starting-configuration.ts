import { stringify } from 'yaml';

/** What a gateway begins with: it reaches the cloud, and devices of the cloud's registry reach it over MQTT. */
export function startingConfiguration(settings: {
  readonly gatewayId: string;
  readonly cloudUrl: string;
  /** Relative to the configuration. */
  readonly keyFile: string;
}): string {
  const { gatewayId, cloudUrl, keyFile } = settings;
  const body = stringify({
    gateway: { id: gatewayId, dataDirectory: 'data' },
    cloud: { url: cloudUrl, keyFile },
    mqttBroker: { port: 1883 },
    statusPage: { port: 8081 },
  });
  return `# The gateway ${gatewayId}. Devices that are registered in the cloud come from there; what is read over a wire is
# added here, or sent from the cloud's console. Every key is described in docs/how-to/install-a-gateway.md.
${body}`;
}
