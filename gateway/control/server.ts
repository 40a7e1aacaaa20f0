import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { seldomValidatorOf } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { RuleRequest } from '../alerts/index.ts';
import type { ConfigurationKeeper } from '../config/index.ts';
import { type ControlAnswer, ControlRequest, lineBytesMax, socketPath } from './protocol.ts';

/** Where rules are shelved and reset: the gateway that runs. */
export interface RuleDoor {
  askRule(request: RuleRequest): Promise<void>;
}

const connectionsMax = 8;
const patienceMilliseconds = 60_000;
const checkRequest = seldomValidatorOf(ControlRequest);

/**
 * Listens in the data directory, which must be locked already: a socket that is found there is of a process that
 * was killed. A path too long for a socket is told, and leaves the gateway without this door.
 */
export async function startControlServer(
  dataDirectory: string,
  keeper: ConfigurationKeeper,
  rules: RuleDoor,
  logger: { warn(details: object, message: string): void },
): Promise<{ close(): Promise<void> }> {
  const path = socketPath(dataDirectory);
  rmSync(path, { force: true });
  const server = createServer((socket) => serve(socket, keeper, rules, logger));
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve) => {
    server.on('error', (error) => {
      logger.warn({ error: String(error), path }, 'the gateway cannot be asked to confirm or to go back');
      resolve();
    });
    server.listen(path, resolve);
  });
  return {
    close: () => new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
  };
}

function serve(
  socket: Socket,
  keeper: ConfigurationKeeper,
  rules: RuleDoor,
  logger: { warn(details: object, message: string): void },
): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(patienceMilliseconds, () => socket.destroy());
  socket.on('error', (error) => logger.warn({ error: String(error) }, 'a request at the gateway broke off'));
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) {
      socket.removeAllListeners('data');
      void answer(text.slice(0, end), keeper, rules).then((line) => socket.end(`${JSON.stringify(line)}\n`));
    } else if (text.length > lineBytesMax) {
      socket.destroy();
    }
  });
}

async function answer(line: string, keeper: ConfigurationKeeper, rules: RuleDoor): Promise<ControlAnswer> {
  try {
    const request: unknown = JSON.parse(line);
    if (!checkRequest.Check(request)) {
      return { error: 'The request is not understood.' };
    }
    switch (request.ask) {
      case 'confirm':
        await keeper.confirm();
        break;
      case 'rollback':
        await keeper.rollback(request.version);
        break;
      case 'reload':
        await keeper.reloadFile();
        break;
      case 'rule':
        await rules.askRule(request.request);
    }
    return {};
  } catch (error) {
    return error instanceof AndonError
      ? { error: error.message, nextStep: error.nextStep }
      : { error: String(error) };
  }
}
