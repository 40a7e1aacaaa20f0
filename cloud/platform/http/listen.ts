import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { App } from '../capability.ts';

const localhost = 'localhost';

/** All addresses of a host name, the preferred one first. */
export type AddressesOf = (host: string) => Promise<readonly string[]>;

const addressesByName: AddressesOf = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Listens, and gives the address. The name `localhost` may stand for two addresses: further ones only hand their
 * connections to the one server, so that its certificates and limits are those of all. When it closes, none of them
 * takes a connection any more; but a request that came by a further one is not waited for.
 */
export async function listenOn(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
  addressesOf = addressesByName,
): Promise<string> {
  if (host !== localhost) {
    return app.listen({ host, port });
  }
  const [first = host, ...others] = await addressesOf(host);
  const doors: Server[] = [];
  app.addHook('preClose', async () => {
    for (const door of doors) {
      door.close();
    }
  });
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
