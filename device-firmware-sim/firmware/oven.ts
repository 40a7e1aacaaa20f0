import type { Plant, PlantConditions } from './device.ts';
import { approach, HoldTimer, rounded } from './physics.ts';
import type { Randomness } from './random.ts';

/** What an oven says in its frames. */
export interface OvenValues {
  /** As its sensor shows it, Cel. */
  readonly temperature: number;
  /** Relative, %. */
  readonly humidity: number;
  readonly door: 'open' | 'shut';
  readonly errorCode: number;
}

/** `sensor-drift`: the working sensor ages and shows ever more than the reference beside it. */
export const ovenFaults = { 'sensor-drift': { curedByReboot: false } } as const;

export const ovenErrorCodes = { none: 0, sensorsDisagree: 9 } as const;

const chamber = { hot: 183, cold: 177, heater: 240, ambient: 25, open: 140 };
const doorPeriodSeconds = 90;
const doorOpenSeconds = 4;
const drift = { perSecond: 1.2, celsiusMax: 40, disagreement: 12 };
const diagnosisSeconds = 0.5;

/** A baking oven: a thermostat with hysteresis, and a door that is opened every minute and a half. */
export class OvenPlant implements Plant<OvenValues> {
  readonly #random: Randomness;
  readonly #disagreement = new HoldTimer();
  #chamber = 180;
  #humidity = 12;
  #heating = true;
  #doorPhaseSeconds = 0;
  #driftCelsius = 0;
  #errorCode: number = ovenErrorCodes.none;

  constructor(random: Randomness) {
    this.#random = random;
  }

  advance(seconds: number, { running, fault }: PlantConditions): void {
    this.#doorPhaseSeconds = (this.#doorPhaseSeconds + seconds) % doorPeriodSeconds;
    this.#heating = running && (this.#heating ? this.#chamber < chamber.hot : this.#chamber < chamber.cold);
    this.#chamber = approach(this.#chamber, this.#heating ? chamber.heater : chamber.ambient, 120, seconds);
    if (this.#doorOpen) this.#chamber = approach(this.#chamber, chamber.open, 40, seconds);
    this.#humidity = approach(this.#humidity, this.#doorOpen ? 35 : 12, 6, seconds);
    this.#driftCelsius =
      fault === 'sensor-drift'
        ? Math.min(drift.celsiusMax, this.#driftCelsius + drift.perSecond * seconds)
        : approach(this.#driftCelsius, 0, 1, seconds);
    if (!running) {
      this.#errorCode = ovenErrorCodes.none;
      return;
    }
    this.#disagreement.advance(this.#driftCelsius > drift.disagreement, seconds);
    this.#errorCode = this.#disagreement.heldFor(diagnosisSeconds)
      ? ovenErrorCodes.sensorsDisagree
      : ovenErrorCodes.none;
  }

  measure(): OvenValues {
    return {
      temperature: rounded(this.#chamber + this.#driftCelsius + this.#random.gaussian(0.2), 1),
      humidity: rounded(Math.max(0, this.#humidity + this.#random.gaussian(0.15)), 1),
      door: this.#doorOpen ? 'open' : 'shut',
      errorCode: this.#errorCode,
    };
  }

  get #doorOpen(): boolean {
    return this.#doorPhaseSeconds >= doorPeriodSeconds - doorOpenSeconds;
  }
}
