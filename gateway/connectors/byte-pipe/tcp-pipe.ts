import { connect, type Socket } from 'node:net';
import { type DeviceServerAddress, deviceServerAddress } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { BytePipe, BytePipeListener } from './byte-pipe.ts';

const connectTimeoutMilliseconds = 5_000;
/** Quiet for so long, the system asks whether the far end still lives, each second, and gives up after ten. */
const keepAliveAfterMilliseconds = 5_000;

/**
 * A serial line behind a device server: the bytes of the line are the bytes of the connection, both ways, and the
 * server sets the baud rate.
 *
 * A server that lost its power, or a firewall that forgot the connection, says nothing (half-open): the keep-alive of
 * TCP finds that on a quiet connection, and the silence watchdog of `SerialLink` where bytes of ours are on their way,
 * which keep the keep-alive from asking.
 */
class TcpPipe implements BytePipe {
  readonly #path: string;
  #socket: Socket | undefined;
  #closing = false;

  constructor(path: string) {
    this.#path = path;
  }

  async open(listener: BytePipeListener): Promise<void> {
    const address = addressOf(this.#path);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      this.#socket = socket;
      const timer = setTimeout(
        () => socket.destroy(new Error(`no connection within ${connectTimeoutMilliseconds} ms`)),
        connectTimeoutMilliseconds,
      );
      let cause = 'the device server ended the connection';
      socket.on('connect', () => {
        clearTimeout(timer);
        socket.setKeepAlive(true, keepAliveAfterMilliseconds);
        resolve();
      });
      socket.on('data', (bytes) => listener.data(bytes));
      socket.on('error', (error) => {
        cause = messagesOf(error);
      });
      socket.on('close', () => {
        clearTimeout(timer);
        reject(new Error(cause));
        if (!this.#closing) {
          listener.closed(cause);
        }
      });
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null | undefined) => (error ? reject(error) : resolve());
      if (this.#socket === undefined) {
        done(new Error('the connection is not open'));
      } else {
        this.#socket.write(bytes, done);
      }
    });
  }

  close(): Promise<void> {
    this.#closing = true;
    const socket = this.#socket;
    if (socket === undefined || socket.closed) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }
}

/** Where a name has several addresses, Node's error holds one for each, and no message of its own. */
function messagesOf(error: Error): string {
  const causes = error instanceof AggregateError ? error.errors : [error];
  return causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('; ');
}

function addressOf(path: string): DeviceServerAddress {
  const address = deviceServerAddress(path);
  if (address === undefined) {
    throw new AndonError({
      code: 'connectors.device-server-address',
      message: `${path} is no address of a serial device server.`,
      nextStep: 'Write tcp://host:port, for example tcp://192.168.1.20:4001.',
      field: 'port.path',
    });
  }
  return address;
}

export const openDeviceServer = (path: string): BytePipe => new TcpPipe(path);
