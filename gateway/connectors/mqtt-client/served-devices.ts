import type { ConnectorContext, RawMessage, RawValue } from '../connector.ts';

const devicesMax = 10_000;
const signalsPerDeviceMax = 1000;

interface ServedDevice {
  readonly signals: Set<string>;
  /** What was last told of it; undefined until something was. */
  told: boolean | undefined;
}

/**
 * The devices behind another broker: those that the configuration lists, and those that were heard. What each of them
 * says is remembered by name, so that all of it turns BAD when nothing more is heard.
 */
export class ServedDevices {
  readonly #context: Pick<ConnectorContext, 'device'>;
  readonly #devices = new Map<string, ServedDevice>();

  constructor(context: Pick<ConnectorContext, 'device'>, listed: readonly string[]) {
    this.#context = context;
    for (const deviceId of listed) {
      this.#devices.set(deviceId, { signals: new Set(), told: undefined });
    }
  }

  has(deviceId: string): boolean {
    return this.#devices.has(deviceId);
  }

  get count(): number {
    return this.#devices.size;
  }

  /** Notes what a device said; true where it was not known to be connected. */
  heard(message: RawMessage): boolean {
    const { deviceId, values } = message;
    let device = this.#devices.get(deviceId);
    if (device === undefined) {
      if (this.#devices.size >= devicesMax) {
        return false;
      }
      device = { signals: new Set(), told: undefined };
      this.#devices.set(deviceId, device);
    }
    for (const { signal } of values) {
      if (device.signals.size < signalsPerDeviceMax) {
        device.signals.add(signal);
      }
    }
    const news = device.told !== true;
    device.told = true;
    return news;
  }

  /** For each device its failed values, and whether it is news that it is not connected. */
  lost(badReason: string): { readonly message: RawMessage; readonly news: boolean }[] {
    return [...this.#devices].flatMap(([deviceId, device]) => {
      const definition = this.#context.device(deviceId);
      if (definition === undefined) {
        return [];
      }
      const news = device.told !== false;
      device.told = false;
      const names = new Set([...device.signals, ...(definition.signals ?? []).map(({ name }) => name)]);
      const values: RawValue[] = [...names].map((signal) => ({ signal, value: null, badReason }));
      return [{ message: { deviceId, values }, news }];
    });
  }
}
