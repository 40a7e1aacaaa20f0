import type { Reading } from '@andon/shared/contracts';

const signalsPerDeviceMax = 1000;

/** The last reading of each signal, for the status page and for what commands hang on. */
export class LatestReadings {
  readonly #devices = new Map<string, Map<string, Reading>>();

  note(reading: Reading): void {
    let signals = this.#devices.get(reading.deviceId);
    if (!signals) {
      signals = new Map();
      this.#devices.set(reading.deviceId, signals);
    }
    if (signals.size < signalsPerDeviceMax || signals.has(reading.signal)) {
      signals.set(reading.signal, reading);
    }
  }

  one(deviceId: string, signal: string): Reading | undefined {
    return this.#devices.get(deviceId)?.get(signal);
  }

  of(deviceId: string): Reading[] {
    return [...(this.#devices.get(deviceId)?.values() ?? [])];
  }

  /** Devices that are not served any more are not shown any more. */
  keepOnly(isServed: (deviceId: string) => boolean): void {
    for (const deviceId of this.#devices.keys()) {
      if (!isServed(deviceId)) {
        this.#devices.delete(deviceId);
      }
    }
  }
}
