import { setTimeout as delay } from 'node:timers/promises';
import type { Device, PumpValues } from '../firmware/index.ts';
import { type ModbusRequest, RequestDecoder } from './modbus-frames.ts';
import { answer } from './modbus-slave.ts';
import type { BytePipe } from './pseudo-terminal.ts';
import { PumpTables } from './pump-registers.ts';

/** Longer than any gap inside a frame that a pseudo-terminal or a USB adapter makes. */
const silenceMilliseconds = 20;
/** The answer to the reboot command has time to reach the master before the controller goes down. */
const goodbyeMilliseconds = 20;

/** The pump on its line: a Modbus RTU slave that is silent while it reboots. */
export class PumpPort {
  readonly tables: PumpTables;
  readonly #device: Device<PumpValues>;
  readonly #unitId: number;
  readonly #pipe: BytePipe;
  readonly #decoder = new RequestDecoder();
  #silence: NodeJS.Timeout | undefined;

  constructor(options: { device: Device<PumpValues>; unitId: number; pipe: BytePipe }) {
    this.#device = options.device;
    this.#unitId = options.unitId;
    this.#pipe = options.pipe;
    this.tables = new PumpTables(options.device, () => {
      void delay(goodbyeMilliseconds).then(() => options.device.reboot());
    });
    options.pipe.onBytes((bytes) => this.#receive(bytes));
  }

  stop(): void {
    clearTimeout(this.#silence);
    this.#pipe.close();
  }

  #receive(bytes: Uint8Array): void {
    clearTimeout(this.#silence);
    for (const request of this.#decoder.push(bytes)) this.#handle(request);
    this.#silence = setTimeout(() => {
      for (const request of this.#decoder.silence()) this.#handle(request);
    }, silenceMilliseconds);
  }

  #handle(request: ModbusRequest): void {
    if (!this.#device.running) return;
    if (request.unitId !== this.#unitId && request.unitId !== 0) return;
    this.tables.refresh();
    const response = answer(this.tables, request);
    if (response) this.#pipe.write(response);
  }
}
