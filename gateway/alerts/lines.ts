import type { GatewayConfiguration } from '@andon/shared/contracts';

/** Under this name all devices stand that speak to the gateway's own broker. */
const brokerLine = 'mqtt';

/** Which devices share a line: those of one connector, and those of the broker. */
export class Lines {
  #lines = new Map<string, string>();
  #hasBroker = false;

  constructor(configuration: GatewayConfiguration) {
    this.replace(configuration);
  }

  replace({ connectors = [], mqttBroker }: GatewayConfiguration): void {
    this.#lines = new Map();
    this.#hasBroker = mqttBroker !== undefined && mqttBroker.enabled !== false;
    for (const connector of connectors) {
      for (const deviceId of devicesIn(connector)) this.#lines.set(deviceId, connector.name);
    }
  }

  lineOf(deviceId: string): string | undefined {
    return this.#lines.get(deviceId) ?? (this.#hasBroker ? brokerLine : undefined);
  }
}

/** Every kind of connector names its devices `deviceId`, wherever that stands in it. */
function* devicesIn(settings: unknown): Generator<string> {
  if (typeof settings !== 'object' || settings === null) return;
  for (const [key, value] of Object.entries(settings)) {
    if (key === 'deviceId' && typeof value === 'string') yield value;
    else yield* devicesIn(value);
  }
}
