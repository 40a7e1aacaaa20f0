import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DeviceDefinition } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

const checkDefinition = Compile(DeviceDefinition);

/** The devices of this gateway: those of the file, overruled by what the cloud registered or removed. */
export class DeviceRegistry {
  readonly #upsert: StatementSync;
  readonly #devices: Map<string, DeviceDefinition>;

  constructor(database: DatabaseSync, fromFile: readonly DeviceDefinition[]) {
    const selectAll = database.prepare('SELECT device_id, definition FROM registered_devices');
    this.#upsert = database.prepare(
      'INSERT INTO registered_devices (device_id, definition) VALUES (?, ?) ' +
        'ON CONFLICT (device_id) DO UPDATE SET definition = excluded.definition',
    );
    this.#devices = new Map(fromFile.map((device) => [device.id, device]));
    this.#readRegistered(selectAll);
  }

  /** A definition that is no longer legal (of an older program) is left to the file's. */
  #readRegistered(selectAll: StatementSync): void {
    for (const row of selectAll.iterate()) {
      const deviceId = String(row.device_id);
      if (row.definition === null) {
        this.#devices.delete(deviceId);
        continue;
      }
      const definition: unknown = JSON.parse(String(row.definition));
      if (checkDefinition.Check(definition)) {
        this.#devices.set(deviceId, definition);
      }
    }
  }

  get(deviceId: string): DeviceDefinition | undefined {
    return this.#devices.get(deviceId);
  }

  all(): DeviceDefinition[] {
    return [...this.#devices.values()];
  }

  /** After that transaction: takes it into memory. */
  take(deviceId: string, definition: DeviceDefinition | undefined): void {
    if (definition === undefined) {
      this.#devices.delete(deviceId);
    } else {
      this.#devices.set(deviceId, definition);
    }
  }

  /** Inside a transaction: registers the device, or, without a definition, notes that it is not served here. */
  write(deviceId: string, definition: DeviceDefinition | undefined): void {
    this.#upsert.run(deviceId, definition === undefined ? null : JSON.stringify(definition));
  }
}
