import type { SerialPortSettings } from '@andon/shared/contracts';
import { SerialPort } from 'serialport';
import type { BytePipe, BytePipeListener } from './byte-pipe.ts';

const baudRateDefault = 9600;

type Done = (error: Error | null | undefined) => void;

const settled = (act: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));

/** A tty of this machine, by `serialport`. */
class SerialPortPipe implements BytePipe {
  readonly #port: SerialPort;
  #closing = false;

  constructor(settings: SerialPortSettings) {
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
    await settled((done) => this.#port.open(done));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await settled((done) => this.#port.write(Buffer.from(bytes), done));
    await settled((done) => this.#port.drain(done));
  }

  async close(): Promise<void> {
    this.#closing = true;
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

export const openSerialPort = (settings: SerialPortSettings): BytePipe => new SerialPortPipe(settings);
