import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { DeviceDefinition, seldomValidatorOf } from '@andon/shared/contracts';

const checkDefinition = seldomValidatorOf(DeviceDefinition);

/** The devices of this gateway: those of the file, overruled by what the cloud registered or removed. */
export class DeviceRegistry {
  readonly #upsert: StatementSync;
  /** `undefined` where the cloud removed it. */
  readonly #registered = new Map<string, DeviceDefinition | undefined>();
  #devices: Map<string, DeviceDefinition>;

  constructor(database: DatabaseSync, fromFile: readonly DeviceDefinition[]) {
    const selectAll = database.prepare('SELECT device_id, definition FROM registered_devices');
    this.#upsert = database.prepare(
      'INSERT INTO registered_devices (device_id, definition) VALUES (?, ?) ' +
        'ON CONFLICT (device_id) DO UPDATE SET definition = excluded.definition',
    );
    this.#readRegistered(selectAll);
    this.#devices = this.#together(fromFile);
  }

  /** A definition that is no longer legal (of an older program) is left to the file's. */
  #readRegistered(selectAll: StatementSync): void {
    for (const row of selectAll.iterate()) {
      const deviceId = String(row.device_id);
      const definition: unknown = row.definition === null ? undefined : JSON.parse(String(row.definition));
      if (definition === undefined || checkDefinition.Check(definition)) {
        this.#registered.set(deviceId, definition);
      }
    }
  }

  #together(fromFile: readonly DeviceDefinition[]): Map<string, DeviceDefinition> {
    const devices = new Map(fromFile.map((device) => [device.id, device]));
    for (const [deviceId, definition] of this.#registered) {
      if (definition === undefined) {
        devices.delete(deviceId);
      } else {
        devices.set(deviceId, definition);
      }
    }
    return devices;
  }

  /** The file is another. Gives the ids of the devices that are new, changed or gone by it. */
  replaceFile(fromFile: readonly DeviceDefinition[]): string[] {
    const former = this.#devices;
    this.#devices = this.#together(fromFile);
    const ids = new Set([...former.keys(), ...this.#devices.keys()]);
    return [...ids].filter((id) => !isDeepStrictEqual(former.get(id), this.#devices.get(id)));
  }

  get(deviceId: string): DeviceDefinition | undefined {
    return this.#devices.get(deviceId);
  }

  all(): DeviceDefinition[] {
    return [...this.#devices.values()];
  }

  /** After that transaction: takes it into memory. */
  take(deviceId: string, definition: DeviceDefinition | undefined): void {
    this.#registered.set(deviceId, definition);
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
