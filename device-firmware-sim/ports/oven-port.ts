import { setTimeout as delay } from 'node:timers/promises';
import type { Device, OvenValues } from '../firmware/index.ts';
import { encodeFrame, FrameDecoder } from './line-frames.ts';
import type { BytePipe } from './pseudo-terminal.ts';

const framePeriodMilliseconds = 500;
const goodbyeMilliseconds = 20;
/** So many commands are remembered, so that one that is sent again is answered again and not carried out again. */
const commandsRememberedMax = 32;

/** The oven on its line: it talks of itself every half second, and takes commands. Silent while it reboots. */
export class OvenPort {
  readonly #device: Device<OvenValues>;
  readonly #pipe: BytePipe;
  readonly #decoder = new FrameDecoder();
  readonly #timer: NodeJS.Timeout;
  readonly #acknowledged: string[] = [];

  constructor(options: { device: Device<OvenValues>; pipe: BytePipe }) {
    this.#device = options.device;
    this.#pipe = options.pipe;
    options.pipe.onBytes((bytes) => {
      for (const fields of this.#decoder.push(bytes)) this.#handle(fields);
    });
    this.#timer = setInterval(() => this.#report(), framePeriodMilliseconds);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#pipe.close();
  }

  #report(): void {
    if (!this.#device.running) return;
    const { temperature, humidity, door, errorCode } = this.#device.measure();
    this.#pipe.write(
      encodeFrame([
        'OVN',
        temperature.toFixed(1),
        humidity.toFixed(1),
        door === 'open' ? 1 : 0,
        errorCode,
        this.#device.bootId,
        this.#device.firmware,
      ]),
    );
  }

  #handle(fields: readonly string[]): void {
    const [tag, commandId, name] = fields;
    if (!this.#device.running || tag !== 'CMD' || !commandId) return;
    if (this.#acknowledged.includes(commandId)) {
      this.#pipe.write(encodeFrame(['ACK', commandId]));
      return;
    }
    if (name !== 'REBOOT') {
      this.#pipe.write(encodeFrame(['NAK', commandId, 'UNKNOWN-COMMAND']));
      return;
    }
    this.#acknowledged.push(commandId);
    if (this.#acknowledged.length > commandsRememberedMax) this.#acknowledged.shift();
    this.#pipe.write(encodeFrame(['ACK', commandId]));
    void delay(goodbyeMilliseconds).then(() => this.#device.reboot());
  }
}
