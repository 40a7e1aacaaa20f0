import type { Plant, PlantConditions } from './device.ts';
import { approach, HoldTimer, rounded } from './physics.ts';
import type { Randomness } from './random.ts';

/** What a pump holds in its registers. */
export interface PumpValues {
  /** m3/h */
  readonly flow: number;
  /** At the outlet, bar. */
  readonly pressure: number;
  /** Velocity, root mean square, mm/s (ISO 20816-1). */
  readonly vibration: number;
  /** Cel */
  readonly bearingTemperature: number;
  readonly errorCode: number;
  readonly operatingSeconds: number;
  readonly running: boolean;
}

/** Both are mechanical: a reboot of the controller cures neither. */
export const pumpFaults = {
  bearing: { curedByReboot: false },
  cavitation: { curedByReboot: false },
} as const;

export const pumpErrorCodes = { none: 0, vibrationTooHigh: 17 } as const;

const health = { flow: 42, pressure: 5.2, vibration: 2.1, bearing: 47, roughness: 1 };
const faults: Record<string, typeof health> = {
  bearing: { flow: 40.5, pressure: 5, vibration: 11.8, bearing: 84, roughness: 3 },
  cavitation: { flow: 27, pressure: 3.3, vibration: 9.6, bearing: 55, roughness: 8 },
};
const vibrationTrip = 7.1;
const vibrationGood = 4.5;
const diagnosisSeconds = 0.6;
const ambientCelsius = 23;

/** A centrifugal pump. Vibration over 7.1 mm/s for 0.6 s is error 17, which stays until it falls below 4.5. */
export class PumpPlant implements Plant<PumpValues> {
  readonly #random: Randomness;
  readonly #rough = new HoldTimer();
  #flow = health.flow;
  #pressure = health.pressure;
  #vibration = health.vibration;
  #bearing = health.bearing;
  #roughness = health.roughness;
  #running = true;
  #operatingSeconds = 31_104_000;
  #errorCode: number = pumpErrorCodes.none;

  constructor(random: Randomness) {
    this.#random = random;
  }

  advance(seconds: number, { running, fault }: PlantConditions): void {
    const target = (fault && faults[fault]) || health;
    const turning = running ? 1 : 0;
    this.#running = running;
    this.#roughness = target.roughness;
    this.#flow = approach(this.#flow, turning * target.flow, 0.6, seconds);
    this.#pressure = approach(this.#pressure, turning * target.pressure, 0.5, seconds);
    this.#vibration = approach(this.#vibration, turning * target.vibration, 0.6, seconds);
    this.#bearing = approach(this.#bearing, running ? target.bearing : ambientCelsius, 25, seconds);
    if (!running) {
      this.#errorCode = pumpErrorCodes.none;
      return;
    }
    this.#operatingSeconds += seconds;
    this.#rough.advance(this.#vibration > vibrationTrip, seconds);
    if (this.#rough.heldFor(diagnosisSeconds)) this.#errorCode = pumpErrorCodes.vibrationTooHigh;
    else if (this.#vibration < vibrationGood) this.#errorCode = pumpErrorCodes.none;
  }

  measure(): PumpValues {
    const noise = (deviation: number) => this.#random.gaussian(deviation * this.#roughness);
    return {
      flow: rounded(Math.max(0, this.#flow + noise(0.15)), 3),
      pressure: rounded(Math.max(0, this.#pressure + noise(0.02)), 3),
      vibration: rounded(Math.max(0, this.#vibration + noise(0.04)), 2),
      bearingTemperature: rounded(this.#bearing + this.#random.gaussian(0.1), 1),
      errorCode: this.#errorCode,
      operatingSeconds: Math.floor(this.#operatingSeconds),
      running: this.#running,
    };
  }
}
