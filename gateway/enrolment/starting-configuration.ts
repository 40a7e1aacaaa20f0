import type { CloudSettings } from '@andon/shared/contracts';
import { stringify } from 'yaml';

/** What a gateway begins with: it reaches the cloud, and devices of the cloud's registry reach it over MQTT. */
export function startingConfiguration(settings: {
  readonly gatewayId: string;
  /** Its files are relative to the configuration. */
  readonly cloud: CloudSettings;
}): string {
  const { gatewayId, cloud } = settings;
  const body = stringify({
    gateway: { id: gatewayId, dataDirectory: 'data' },
    cloud,
    mqttBroker: { port: 1883 },
    statusPage: { port: 8081 },
  });
  return `# The gateway ${gatewayId}. Devices that are registered in the cloud come from there; what is read over a wire is
# added here, or sent from the cloud's console. Every key is described in docs/how-to/install-a-gateway.md.
${body}`;
}
