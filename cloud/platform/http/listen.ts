import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { App } from '../capability.ts';

const localhost = 'localhost';
const drainMillisecondsMax = 8_000;

/** All addresses of a host name, the preferred one first. */
export type AddressesOf = (host: string) => Promise<readonly string[]>;

const addressesByName: AddressesOf = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Listens, and gives the address. The name `localhost` may stand for two addresses: further ones only hand their
 * connections to the one server, so that its certificates and limits are those of all. When it closes, none of them
 * takes a connection any more; requests that are under way by any of them are finished, and what is still open after 8 s
 * is cut.
 */
export async function listenOn(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
  addressesOf = addressesByName,
): Promise<string> {
  const doors: Server[] = [];
  finishWhenClosing(app, doors);
  if (host !== localhost) {
    return app.listen({ host, port });
  }
  const [first = host, ...others] = await addressesOf(host);
  const address = await app.listen({ host: first, port });
  for (const other of others) {
    const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      app.server.emit('connection', socket);
    });
    try {
      door.listen({ host: other, port: Number(new URL(address).port) });
      await once(door, 'listening');
      doors.push(door);
    } catch (error) {
      app.log.warn({ err: error, address: other }, 'another address of localhost cannot be listened on');
    }
  }
  return address;
}

/** The server closes itself between the two hooks, and waits only for connections that it took itself. */
function finishWhenClosing(app: App, doors: readonly Server[]): void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let cut: NodeJS.Timeout | undefined;
  let doorsClosed: Promise<unknown> | undefined;
  app.addHook('preClose', async () => {
    // A connection whose request is finished now would be kept for a next one, and waited for.
    app.server.keepAliveTimeout = 1;
    cut = setTimeout(() => {
      for (const socket of sockets) {
        socket.destroy();
      }
    }, drainMillisecondsMax);
    doorsClosed = Promise.all(doors.map((door) => once(door, 'close')));
    for (const door of doors) {
      door.close();
    }
  });
  app.addHook('onClose', async () => {
    await doorsClosed;
    clearTimeout(cut);
  });
}
