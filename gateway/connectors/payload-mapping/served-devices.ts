import type { ConnectorContext, RawMessage, RawValue } from '../connector.ts';

const devicesMax = 10_000;
const signalsPerDeviceMax = 1000;

interface ServedDevice {
  readonly signals: Set<string>;
  /** What was last told of it; undefined until something was. */
  told: boolean | undefined;
}

/** What to store where a device is heard no more. */
export interface Loss {
  readonly message: RawMessage;
  /** It was not told before that the device is not connected. */
  readonly news: boolean;
}

/**
 * Devices that mappings speak of: those that the configuration lists, and those that were heard. What each of them
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
  lost(badReason: string): Loss[] {
    return [...this.#devices.keys()].flatMap((deviceId) => this.lostOne(deviceId, badReason) ?? []);
  }

  /** The same for one device, which need not have been heard; undefined where it is not known here. */
  lostOne(deviceId: string, badReason: string): Loss | undefined {
    const definition = this.#context.device(deviceId);
    if (definition === undefined) {
      return undefined;
    }
    const device = this.#devices.get(deviceId) ?? { signals: new Set(), told: undefined };
    if (this.#devices.size < devicesMax) {
      this.#devices.set(deviceId, device);
    }
    const news = device.told !== false;
    device.told = false;
    const names = new Set([...device.signals, ...(definition.signals ?? []).map(({ name }) => name)]);
    const values: RawValue[] = [...names].map((signal) => ({ signal, value: null, badReason }));
    return { message: { deviceId, values }, news };
  }
}
