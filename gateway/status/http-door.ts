import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import { AndonError } from '@andon/shared/kernel';

// An `import` of its values would read all that `node:http` exports, and so load a WebSocket client of four megabytes.
const { createServer } = process.getBuiltinModule('node:http');

/** What is answered: text and bytes are sent as they are, anything else as JSON. `status` is 200 where none is said. */
export interface DoorAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

export type DoorRoutes = ReadonlyMap<string, () => DoorAnswer | Promise<DoorAnswer>>;

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpDoorOptions {
  readonly host: string;
  readonly port: number;
  /** They go with every answer. */
  readonly headers: OutgoingHttpHeaders;
  /** What is read, by its path. */
  readonly routes: DoorRoutes;
  readonly onError: (error: unknown, path: string) => void;
}

const connectionsMax = 100;
/** A request is here by then, with its head and whatever body it should not have. */
const requestMilliseconds = 10_000;
const headBytesMax = 8 * 1024;
const connectionsCheckedMilliseconds = 5000;
/** Of one connection; who asks for more in one go and never reads would have all answers kept in memory. */
const requestsOfConnectionMax = 20;

/**
 * Answers GET and HEAD at a few addresses, and reads no body. A framework of routes and schemas would take fifteen
 * megabytes of resident memory for it. Rejects with `status.port-in-use` where another program has the port.
 */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { host, port } = options;
  const server = createServer(
    {
      requestTimeout: requestMilliseconds,
      headersTimeout: requestMilliseconds,
      maxHeaderSize: headBytesMax,
      connectionsCheckingInterval: connectionsCheckedMilliseconds,
    },
    (request, response) => void answer(request, response, options),
  );
  server.maxConnections = connectionsMax;
  server.maxRequestsPerSocket = requestsOfConnectionMax;
  server.timeout = requestMilliseconds;
  await listening(server, host, port);
  // A connection that could not be taken, as too many files were open.
  server.on('error', (error) => options.onError(error, ''));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, headers, onError }: HttpDoorOptions,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const route = isRead ? routes.get(path) : undefined;
  let said: WrittenAnswer;
  try {
    said = written(route === undefined ? problem(404, 'There is nothing at this address.') : await route());
  } catch (error) {
    onError(error, path);
    said = written(problem(500, 'The status cannot be told now.'));
  }
  const { status, type, bytes } = said;
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': bytes.length });
  response.end(bytes);
}

interface WrittenAnswer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
}

const written = ({
  status = 200,
  type = 'application/json; charset=utf-8',
  body,
}: DoorAnswer): WrittenAnswer => ({
  status,
  type,
  bytes: isSentAsIs(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body)),
});

const isSentAsIs = (body: unknown): body is string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array;

const problem = (status: number, title: string): DoorAnswer => ({
  status,
  type: 'application/problem+json; charset=utf-8',
  body: { type: 'about:blank', title, status },
});

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(listenError(error, host, port));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function listenError(error: Error, host: string, port: number): Error {
  if ('code' in error && error.code === 'EADDRINUSE') {
    return new AndonError({
      code: 'status.port-in-use',
      message: `The port ${port} on ${host}, for the status page, is in use by another program.`,
      nextStep: 'Stop that program, or choose another port with ANDON_GATEWAY_PORT.',
      cause: error,
    });
  }
  return error;
}
