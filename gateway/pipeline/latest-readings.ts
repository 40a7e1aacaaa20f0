import type { Reading } from '@andon/shared/contracts';

const signalsPerDeviceMax = 1000;

/** A reading, and when it came by the clock that nobody sets. */
export interface HeardReading {
  readonly reading: Reading;
  readonly monotonic: number;
}

/** The latest reading of each signal, for the status page and for what commands hang on. */
export class LatestReadings {
  readonly #devices = new Map<string, Map<string, HeardReading>>();
  readonly #monotonic: () => number;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** What comes late from a backlog does not take the place of what is newer. */
  note(reading: Reading): void {
    let signals = this.#devices.get(reading.deviceId);
    if (!signals) {
      signals = new Map();
      this.#devices.set(reading.deviceId, signals);
    }
    const before = signals.get(reading.signal);
    if (before === undefined && signals.size >= signalsPerDeviceMax) {
      return;
    }
    if (reading.historical && before !== undefined && before.reading.sourceTime > reading.sourceTime) {
      return;
    }
    signals.set(reading.signal, { reading, monotonic: this.#monotonic() });
  }

  one(deviceId: string, signal: string): HeardReading | undefined {
    return this.#devices.get(deviceId)?.get(signal);
  }

  of(deviceId: string): Reading[] {
    return [...(this.#devices.get(deviceId)?.values() ?? [])].map(({ reading }) => reading);
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
