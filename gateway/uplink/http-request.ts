import type { IncomingMessage } from 'node:http';

// An `import` of its values would read all that `node:http` exports, and so load a WebSocket client of four megabytes.
const { Agent: PlainAgent, request: plainRequest } = process.getBuiltinModule('node:http');
const { Agent: SecureAgent, request: secureRequest } = process.getBuiltinModule('node:https');

/** An answer of which the head has come. Its body must be read or cancelled. */
export interface HttpAnswer {
  readonly status: number;
  /** The header of this name in lower case; null where there is none. */
  header(name: string): string | null;
  text(): Promise<string>;
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
}

/** No answer that is read as a whole is longer. */
const textBytesMax = 1024 * 1024;
const socketsMax = 8;

const plainAgent = new PlainAgent({ keepAlive: true, maxSockets: socketsMax });
const secureAgent = new SecureAgent({ keepAlive: true, maxSockets: socketsMax });

/**
 * One request over a connection that is kept. Resolves with the head of the answer; redirections are not followed. It is
 * sent once more where a kept connection was closed by the other end meanwhile: whatever goes over it may be repeated.
 * `fetch` would do, but takes thirty megabytes of resident memory and a millisecond a request more.
 */
export async function sendRequest(url: string, init: HttpRequest): Promise<HttpAnswer> {
  try {
    return await sendOnce(url, init);
  } catch (error) {
    if (error instanceof StaleConnectionError) {
      return await sendOnce(url, init);
    }
    throw error;
  }
}

class StaleConnectionError extends Error {}

function sendOnce(url: string, init: HttpRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const { method, headers, body, signal } = init;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, headers: { ...headers, ...length }, signal };
  const sent = url.startsWith('https:')
    ? secureRequest(url, { ...options, agent: secureAgent })
    : plainRequest(url, { ...options, agent: plainAgent });
  sent.once('response', (incoming) => resolve(answerOf(incoming, signal)));
  // It may come after the answer began, too: then reading its body fails, and who reads it is told.
  sent.on('error', (error: NodeJS.ErrnoException) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
    reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : firstOf(error));
  });
  sent.end(body);
  return promise;
}

/** A name with several addresses fails with an error for each, and no text of its own. */
function firstOf(error: Error): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first : error;
}

function answerOf(incoming: IncomingMessage, signal: AbortSignal): HttpAnswer {
  const body = bodyOf(incoming, signal);
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return value === undefined ? null : String(value);
    },
    text: () => textOf(body),
    body,
    cancel: () => {
      incoming.destroy();
    },
  };
}

/** Where it was aborted, it fails with the reason for that. */
async function* bodyOf(incoming: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > textBytesMax) {
      throw new Error(`the answer is longer than ${textBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
