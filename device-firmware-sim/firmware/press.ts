import type { Plant, PlantConditions } from './device.ts';
import { approach, HoldTimer, rounded } from './physics.ts';
import type { Randomness } from './random.ts';

/** What a press tells by MQTT. */
export interface PressValues {
  /** Of the oil, Cel. */
  readonly temperature: number;
  /** Of the hydraulics, bar. */
  readonly pressure: number;
  /** Velocity, root mean square, mm/s. */
  readonly vibration: number;
  readonly errorCode: number;
  /** Strokes since the machine was made. */
  readonly cycles: number;
}

/** `overheat`: the controller of the coolant valve hangs and the valve stays shut. Without power it springs open. */
export const pressFaults = { overheat: { curedByReboot: true } } as const;

export const pressErrorCodes = { none: 0, oilTooHot: 21 } as const;

const oilCelsius = { cooled: 72, uncooled: 138, tooHot: 100, coolAgain: 96 };
const heatingSeconds = 6;
const coolingSeconds = 2.5;
const strokeSeconds = 2;
const diagnosisSeconds = 0.5;

/** A hydraulic press. Its oil is kept at 72 Cel; with the valve shut it passes 100 Cel after about 4 seconds. */
export class PressPlant implements Plant<PressValues> {
  readonly #random: Randomness;
  readonly #hot = new HoldTimer();
  #oil: number = oilCelsius.cooled;
  #load = 0;
  #strokePhaseSeconds = 0;
  #cycles: number;
  #errorCode: number = pressErrorCodes.none;

  constructor(random: Randomness, cycles = 184_220) {
    this.#random = random;
    this.#cycles = cycles;
  }

  advance(seconds: number, { running, fault }: PlantConditions): void {
    const valveShut = fault === 'overheat';
    this.#oil = valveShut
      ? approach(this.#oil, oilCelsius.uncooled, heatingSeconds, seconds)
      : approach(this.#oil, oilCelsius.cooled, coolingSeconds, seconds);
    this.#load = approach(this.#load, running ? 1 : 0, 0.4, seconds);
    if (!running) {
      this.#errorCode = pressErrorCodes.none;
      return;
    }
    this.#strokePhaseSeconds += seconds;
    if (this.#strokePhaseSeconds >= strokeSeconds) {
      this.#strokePhaseSeconds -= strokeSeconds;
      this.#cycles += 1;
    }
    this.#hot.advance(this.#oil > oilCelsius.tooHot, seconds);
    if (this.#hot.heldFor(diagnosisSeconds)) this.#errorCode = pressErrorCodes.oilTooHot;
    else if (this.#oil < oilCelsius.coolAgain) this.#errorCode = pressErrorCodes.none;
  }

  measure(): PressValues {
    const stroke = Math.sin((2 * Math.PI * this.#strokePhaseSeconds) / strokeSeconds);
    return {
      temperature: rounded(this.#oil + this.#random.gaussian(0.25), 2),
      pressure: rounded(Math.max(0, this.#load * (152 + 24 * stroke) + this.#random.gaussian(0.6)), 1),
      vibration: rounded(
        Math.abs(this.#load * (1.4 + 0.5 * Math.max(0, stroke)) + this.#random.gaussian(0.05)),
        2,
      ),
      errorCode: this.#errorCode,
      cycles: this.#cycles,
    };
  }
}
