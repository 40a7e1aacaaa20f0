import type { StatementSync } from 'node:sqlite';
import type { Outbox } from '../outbox/index.ts';

/** So many keys are kept for each device: more than any client has in flight. */
const keysPerDeviceMax = 1000;
/** So many devices' keys are held in memory; the others are read from the disk when they speak. */
const devicesInMemoryMax = 2000;

interface DeviceKeys {
  readonly keys: Set<string>;
  readonly slots: string[];
  serial: number;
}

/** The keys of what was committed of late, so that a redelivery is known for what it is. */
export class RedeliveryKeys {
  readonly #outbox: Outbox;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #devices = new Map<string, DeviceKeys>();

  constructor(outbox: Outbox) {
    const { database } = outbox;
    this.#outbox = outbox;
    this.#select = database.prepare(
      'SELECT slot, key, serial FROM redelivery_keys WHERE device_id = ? ORDER BY serial',
    );
    this.#upsert = database.prepare(
      'INSERT INTO redelivery_keys (device_id, slot, key, serial) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (device_id, slot) DO UPDATE SET key = excluded.key, serial = excluded.serial',
    );
  }

  /** Memory is read from the disk again when it is next needed. */
  forget(): void {
    this.#devices.clear();
  }

  has(deviceId: string, key: string): boolean {
    return this.#keysOf(deviceId).keys.has(key);
  }

  /** Takes the key into memory; the result, run inside the transaction, keeps it. */
  remember(deviceId: string, key: string): () => void {
    const device = this.#keysOf(deviceId);
    device.serial += 1;
    const serial = device.serial;
    const slot = serial % keysPerDeviceMax;
    const old = device.slots[slot];
    if (old !== undefined) {
      device.keys.delete(old);
    }
    device.slots[slot] = key;
    device.keys.add(key);
    return () => this.#upsert.run(deviceId, slot, key, serial);
  }

  #keysOf(deviceId: string): DeviceKeys {
    const known = this.#devices.get(deviceId);
    if (known) {
      return known;
    }
    if (this.#devices.size >= devicesInMemoryMax) {
      const oldest = this.#devices.keys().next().value;
      if (oldest !== undefined) {
        this.#devices.delete(oldest);
      }
    }
    const device = this.#outbox.read(() => this.#stored(deviceId));
    this.#devices.set(deviceId, device);
    return device;
  }

  #stored(deviceId: string): DeviceKeys {
    const device: DeviceKeys = { keys: new Set(), slots: [], serial: 0 };
    for (const row of this.#select.iterate(deviceId)) {
      const key = String(row.key);
      device.keys.add(key);
      device.slots[Number(row.slot)] = key;
      device.serial = Number(row.serial);
    }
    return device;
  }
}
