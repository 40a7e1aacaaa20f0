import type { StatementSync } from 'node:sqlite';
import type { Outbox } from '../outbox/index.ts';

/** So many keys are kept for each device: more than any client has in flight. */
const keysPerDeviceMax = 1000;
const limitsDefault = {
  /** So many devices' keys are held in memory; the others are read from the disk when they speak. */
  devicesInMemoryMax: 2000,
  /** A log that is longer is gathered into the rings. */
  logKeysMax: 100_000,
  logRowsMax: 20_000,
};
const keyBytes = 8;

/** Each key counts in one of so many places, so that a key whose place is empty is not searched for. */
const placesMax = 4096;

/** The latest keys of one device, the oldest overwritten first. */
class KeyRing {
  #keys = new Float64Array(16);
  readonly #places = new Uint16Array(placesMax);
  #next = 0;
  #count = 0;

  add(key: number): void {
    if (this.#next === this.#keys.length && this.#keys.length < keysPerDeviceMax) {
      const larger = new Float64Array(Math.min(keysPerDeviceMax, 4 * this.#keys.length));
      larger.set(this.#keys);
      this.#keys = larger;
    }
    if (this.#next === this.#keys.length) {
      this.#next = 0;
    }
    if (this.#count === this.#keys.length) {
      this.#count -= 1;
      this.#countAt(this.#keys[this.#next] ?? 0, -1);
    }
    this.#keys[this.#next] = key;
    this.#next += 1;
    this.#count += 1;
    this.#countAt(key, 1);
  }

  #countAt(key: number, change: number): void {
    const place = key % placesMax;
    this.#places[place] = (this.#places[place] ?? 0) + change;
  }

  has(key: number): boolean {
    return this.#places[key % placesMax] !== 0 && this.#keys.subarray(0, this.#count).includes(key);
  }

  /** Oldest first. */
  bytes(): Uint8Array {
    const ordered = new Float64Array(this.#count);
    const oldest = this.#count < this.#keys.length ? 0 : this.#next;
    ordered.set(this.#keys.subarray(oldest, this.#count));
    ordered.set(this.#keys.subarray(0, this.#count < this.#keys.length ? 0 : oldest), this.#count - oldest);
    return new Uint8Array(ordered.buffer);
  }
}

/**
 * The keys of what was committed of late, so that a redelivery is known for what it is. A key is a number of 53 bits.
 *
 * Each transaction adds one row to a log: its devices, and their keys. When the log is long, the rings of the devices
 * in it are written, one row each, and it begins anew.
 */
export class RedeliveryKeys {
  readonly #outbox: Outbox;
  readonly #limits: typeof limitsDefault;
  readonly #selectLog: StatementSync;
  readonly #insertLog: StatementSync;
  readonly #deleteLog: StatementSync;
  readonly #selectRing: StatementSync;
  readonly #upsertRing: StatementSync;
  readonly #rings = new Map<string, KeyRing>();
  /** Devices with keys in the log. */
  readonly #logged = new Set<string>();
  #logRows = 0;
  #logKeys = 0;
  #isRead = false;
  /** What the next transaction keeps. */
  #newDevices: string[] = [];
  #newKeys: number[] = [];

  constructor(outbox: Outbox, limits = limitsDefault) {
    const { database } = outbox;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#selectLog = database.prepare('SELECT keys FROM redelivery_log ORDER BY id');
    this.#insertLog = database.prepare('INSERT INTO redelivery_log (keys) VALUES (?)');
    this.#deleteLog = database.prepare('DELETE FROM redelivery_log');
    this.#selectRing = database.prepare('SELECT keys FROM redelivery_rings WHERE device_id = ?');
    this.#upsertRing = database.prepare(
      'INSERT INTO redelivery_rings (device_id, keys) VALUES (?, ?) ' +
        'ON CONFLICT (device_id) DO UPDATE SET keys = excluded.keys',
    );
  }

  /** Memory is read from the disk again when it is next needed. */
  forget(): void {
    this.#rings.clear();
    this.#logged.clear();
    this.#newDevices = [];
    this.#newKeys = [];
    this.#isRead = false;
  }

  has(deviceId: string, key: number): boolean {
    return this.#ringOf(deviceId).has(key);
  }

  /** Takes the key into memory; `write` keeps it. */
  remember(deviceId: string, key: number): void {
    this.#ringOf(deviceId).add(key);
    this.#newDevices.push(deviceId);
    this.#newKeys.push(key);
  }

  /** Inside a transaction: keeps what was remembered since the last one. */
  write(): void {
    if (this.#newKeys.length === 0) {
      return;
    }
    const row = logRow(this.#newDevices, this.#newKeys);
    for (const deviceId of row.devices) {
      this.#logged.add(deviceId);
    }
    this.#insertLog.run(row.bytes);
    this.#logRows += 1;
    this.#logKeys += this.#newKeys.length;
    this.#newDevices = [];
    this.#newKeys = [];
    const { logKeysMax, logRowsMax, devicesInMemoryMax } = this.#limits;
    const isLong = this.#logKeys >= logKeysMax || this.#logRows >= logRowsMax;
    if (isLong || this.#rings.size > devicesInMemoryMax) {
      this.#gather();
    }
  }

  #gather(): void {
    for (const deviceId of this.#logged) {
      this.#upsertRing.run(deviceId, this.#ringOf(deviceId).bytes());
    }
    this.#deleteLog.run();
    this.#logged.clear();
    this.#logRows = 0;
    this.#logKeys = 0;
    for (const deviceId of this.#rings.keys()) {
      if (this.#rings.size <= this.#limits.devicesInMemoryMax / 2) {
        break;
      }
      this.#rings.delete(deviceId);
    }
  }

  #ringOf(deviceId: string): KeyRing {
    if (!this.#isRead) {
      this.#outbox.read(() => this.#readLog());
    }
    const known = this.#rings.get(deviceId);
    if (known) {
      return known;
    }
    const ring = this.#outbox.read(() => this.#storedRing(deviceId));
    this.#rings.set(deviceId, ring);
    return ring;
  }

  #readLog(): void {
    this.#isRead = true;
    this.#logRows = 0;
    this.#logKeys = 0;
    for (const row of this.#selectLog.iterate()) {
      const { devices, keys } = parseLogRow(row.keys);
      this.#logRows += 1;
      this.#logKeys += keys.length;
      for (const [index, deviceId] of devices.entries()) {
        this.#logged.add(deviceId);
        this.#ringOf(deviceId).add(keys[index] ?? 0);
      }
    }
  }

  #storedRing(deviceId: string): KeyRing {
    const ring = new KeyRing();
    const stored = this.#selectRing.get(deviceId)?.keys;
    if (stored instanceof Uint8Array) {
      for (const key of doubles(stored)) {
        ring.add(key);
      }
    }
    return ring;
  }
}

/** Row of the log: the devices as JSON, its length in front; then for each key its device's place and the key. */
function logRow(deviceIds: readonly string[], keys: readonly number[]) {
  const places = new Map<string, number>();
  for (const deviceId of deviceIds) {
    if (!places.has(deviceId)) {
      places.set(deviceId, places.size);
    }
  }
  const devices = [...places.keys()];
  const head = Buffer.from(JSON.stringify(devices));
  const bytes = Buffer.allocUnsafe(4 + head.length + keys.length * (4 + keyBytes));
  let position = bytes.writeUInt32LE(head.length, 0);
  position += head.copy(bytes, position);
  for (let index = 0; index < keys.length; index += 1) {
    position = bytes.writeUInt32LE(places.get(deviceIds[index] ?? '') ?? 0, position);
    position = bytes.writeDoubleLE(keys[index] ?? 0, position);
  }
  return { devices, bytes };
}

function parseLogRow(stored: unknown): { devices: string[]; keys: number[] } {
  const result: { devices: string[]; keys: number[] } = { devices: [], keys: [] };
  if (!(stored instanceof Uint8Array)) {
    return result;
  }
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const headEnd = 4 + bytes.readUInt32LE(0);
  const parsed: unknown = JSON.parse(bytes.toString('utf8', 4, headEnd));
  const names = Array.isArray(parsed) ? parsed.map(String) : [];
  for (let position = headEnd; position < bytes.length; position += 4 + keyBytes) {
    result.devices.push(names[bytes.readUInt32LE(position)] ?? '');
    result.keys.push(bytes.readDoubleLE(position + 4));
  }
  return result;
}

function doubles(stored: Uint8Array): Float64Array {
  // A copy, as doubles must begin at a multiple of eight.
  return new Float64Array(stored.slice().buffer);
}
