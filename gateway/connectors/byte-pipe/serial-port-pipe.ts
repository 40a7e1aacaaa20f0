import { stat } from 'node:fs/promises';
import type { SerialPortSettings } from '@andon/shared/contracts';
import { SerialPort } from 'serialport';
import type { BytePipe, BytePipeListener } from './byte-pipe.ts';

const baudRateDefault = 9600;
const presenceCheckMilliseconds = 500;

type Done = (error: Error | null | undefined) => void;

const settled = (act: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));

/**
 * A tty of this machine, by `serialport`, which throws away what the tty received before it was opened: that is of
 * unknown age. (What another program holds back behind the tty, such as `socat`, comes as new.)
 *
 * A tty that hung up reads as zero bytes, which `serialport` takes for `try again`: depending on the moment it then
 * never says `close`, and reads in circles. So it is checked besides whether the path still leads to the device that
 * was opened; it does not when an adapter was pulled out, or put back under another number.
 */
class SerialPortPipe implements BytePipe {
  readonly #path: string;
  readonly #port: SerialPort;
  #presenceCheck: NodeJS.Timeout | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(settings: SerialPortSettings) {
    this.#path = settings.path;
    this.#port = new SerialPort({
      path: settings.path,
      baudRate: settings.baudRate ?? baudRateDefault,
      dataBits: settings.dataBits ?? 8,
      parity: settings.parity ?? 'none',
      stopBits: settings.stopBits ?? 1,
      autoOpen: false,
    });
  }

  async open(listener: BytePipeListener): Promise<void> {
    this.#port.on('data', (bytes: Buffer) => listener.data(bytes));
    this.#port.on('error', (error) => this.#ended(listener, error.message));
    this.#port.on('close', (error: Error | null | undefined) =>
      this.#ended(listener, error?.message ?? 'the port closed'),
    );
    const opening = settled((done) => this.#port.open(done));
    this.#opening = opening.catch(() => undefined);
    await opening;
    const opened = await deviceAt(this.#path);
    // Where ports are no files, there is nothing to check.
    if (opened !== undefined && !this.#closing) {
      this.#presenceCheck = setInterval(() => {
        deviceAt(this.#path).then((present) => {
          if (present !== opened) {
            this.#ended(listener, 'the device is gone');
          }
        });
      }, presenceCheckMilliseconds);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await settled((done) => this.#port.write(Buffer.from(bytes), done));
    await settled((done) => this.#port.drain(done));
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#presenceCheck);
    // A port that opens after its caller gave up must not stay open.
    await this.#opening;
    if (this.#port.isOpen) {
      await settled((done) => this.#port.close(done));
    }
  }

  #ended(listener: BytePipeListener, reason: string): void {
    if (!this.#closing) {
      listener.closed(reason);
    }
  }
}

/** The number of the device that a path leads to; undefined where it leads to none. */
async function deviceAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).rdev;
  } catch {
    return undefined;
  }
}

export const openSerialPort = (settings: SerialPortSettings): BytePipe => new SerialPortPipe(settings);
