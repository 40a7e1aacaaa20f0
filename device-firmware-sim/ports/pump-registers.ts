import type { Device, PumpValues } from '../firmware/index.ts';
import type { ModbusTables } from './modbus-slave.ts';

/** Written to holding register 0, this reboots the pump's controller. */
export const rebootCommand = 0xb007;

/** Addresses count from 0, as on the wire. 32-bit values have their most significant word first (ABCD). */
export const pumpRegisters = {
  input: {
    /** float32, m3/h */
    flow: 0,
    /** float32, bar */
    pressure: 2,
    /** uint16, 0.01 mm/s */
    vibration: 4,
    /** int16, 0.1 Cel */
    bearingTemperature: 5,
    /** uint16 */
    errorCode: 6,
    /** uint16, 0.01: 107 is version 1.07 */
    firmware: 7,
    /** uint32, counts boots */
    bootCounter: 8,
    /** uint32, s */
    operatingTime: 10,
  },
  holding: { command: 0 },
  coil: { warningLamp: 0 },
  discrete: { running: 0, faulty: 1 },
} as const;

/** The pump's tables. They show one instant, that of the last `refresh`, so that no value is read torn in two. */
export class PumpTables implements ModbusTables {
  readonly #device: Device<PumpValues>;
  readonly #reboot: () => void;
  #warningLamp = false;
  #measured: PumpValues;

  /** `reboot` is called once the answer to the command is on its way. */
  constructor(device: Device<PumpValues>, reboot: () => void) {
    this.#device = device;
    this.#reboot = reboot;
    this.#measured = device.measure();
    device.listen({
      wentDown: () => {
        this.#warningLamp = false;
      },
      booted: () => undefined,
    });
  }

  refresh(): void {
    this.#measured = this.#device.measure();
  }

  get warningLamp(): boolean {
    return this.#warningLamp;
  }

  coil(address: number): boolean | undefined {
    return address === pumpRegisters.coil.warningLamp ? this.#warningLamp : undefined;
  }

  discreteInput(address: number): boolean | undefined {
    if (address === pumpRegisters.discrete.running) return this.#device.running;
    if (address === pumpRegisters.discrete.faulty) return this.#measured.errorCode !== 0;
    return undefined;
  }

  holdingRegister(address: number): number | undefined {
    return address === pumpRegisters.holding.command ? 0 : undefined;
  }

  inputRegister(address: number): number | undefined {
    const image = this.#image();
    return address * 2 + 1 < image.length ? image.readUInt16BE(address * 2) : undefined;
  }

  writeCoil(address: number, value: boolean): boolean {
    if (address !== pumpRegisters.coil.warningLamp) return false;
    this.#warningLamp = value;
    return true;
  }

  writeHoldingRegister(address: number, value: number): 'written' | 'no-such-address' | 'illegal-value' {
    if (address !== pumpRegisters.holding.command) return 'no-such-address';
    if (value !== rebootCommand) return 'illegal-value';
    this.#reboot();
    return 'written';
  }

  #image(): Buffer {
    const { input } = pumpRegisters;
    const values = this.#measured;
    const image = Buffer.alloc(24);
    image.writeFloatBE(values.flow, input.flow * 2);
    image.writeFloatBE(values.pressure, input.pressure * 2);
    image.writeUInt16BE(Math.round(values.vibration * 100), input.vibration * 2);
    image.writeInt16BE(Math.round(values.bearingTemperature * 10), input.bearingTemperature * 2);
    image.writeUInt16BE(values.errorCode, input.errorCode * 2);
    image.writeUInt16BE(Math.round(Number(this.#device.firmware) * 100), input.firmware * 2);
    image.writeUInt32BE(this.#device.boots >>> 0, input.bootCounter * 2);
    image.writeUInt32BE(values.operatingSeconds >>> 0, input.operatingTime * 2);
    return image;
  }
}
