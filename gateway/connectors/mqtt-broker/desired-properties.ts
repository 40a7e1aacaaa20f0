import { type DeviceDefinition, topics } from '@andon/shared/contracts';

/** As much of a packet as aedes forwards. */
export interface StandingPacket {
  readonly cmd: 'publish';
  readonly topic: string;
  readonly payload: string;
  readonly qos: 1;
  readonly retain: true;
  readonly dup: false;
}

/**
 * What each device is to be set to, as a message that stands on its topic for whoever subscribes. It is made from the
 * device's definition when it is asked for, so nothing of it is stored here, and what a restart gives is the latest.
 */
export class DesiredProperties {
  readonly #device: (deviceId: string) => DeviceDefinition | undefined;
  /** The version that a device was last told while the gateway runs. */
  readonly #told = new Map<string, number>();

  constructor(device: (deviceId: string) => DeviceDefinition | undefined) {
    this.#device = device;
  }

  /** The message that stands on this topic; undefined where none does. */
  on(topic: string): StandingPacket | undefined {
    const deviceId = topic.split('/')[1] ?? '';
    const desired = topic === topics.desired(deviceId) ? this.#device(deviceId)?.desired : undefined;
    if (desired === undefined) {
      return undefined;
    }
    this.#told.set(deviceId, desired.version);
    return { cmd: 'publish', topic, payload: JSON.stringify(desired), qos: 1, retain: true, dup: false };
  }

  /** What to publish after the device's definition may have changed; undefined where this did not. */
  news(deviceId: string): { readonly topic: string; readonly payload: string } | undefined {
    const desired = this.#device(deviceId)?.desired;
    if (desired === undefined) {
      this.#told.delete(deviceId);
      return undefined;
    }
    if (this.#told.get(deviceId) === desired.version) {
      return undefined;
    }
    this.#told.set(deviceId, desired.version);
    return { topic: topics.desired(deviceId), payload: JSON.stringify(desired) };
  }
}
