import type { IncomingMessage, RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';

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
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
  /** From the request to the end of its answer; without it there is no limit. */
  readonly millisecondsMax?: number | undefined;
}

/** No answer that is read as a whole is longer. */
const textBytesMax = 1024 * 1024;
const socketsMax = 8;

const plainAgent = new PlainAgent({ keepAlive: true, maxSockets: socketsMax });
const secureAgent = new SecureAgent({ keepAlive: true, maxSockets: socketsMax });

/** What connections by TLS are made with, in PEM. */
export interface ClientTls {
  /** Who signs the server's certificate; otherwise those whom the machine trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * A server whose connections are kept. `fetch` would do, but takes thirty megabytes of resident memory and a millisecond a
 * request more.
 */
export class HttpServer {
  readonly #base: RequestOptions;
  readonly #pathPrefix: string;
  readonly #request: typeof plainRequest;

  /** `url` ends without a slash. With `tls`, connections are this server's own. */
  constructor(url: string, tls?: ClientTls) {
    const parsed = new URL(url);
    const isSecure = parsed.protocol === 'https:';
    this.#base = { ...urlToHttpOptions(parsed), agent: isSecure ? secureAgentFor(tls) : plainAgent };
    this.#pathPrefix = parsed.pathname === '/' ? '' : parsed.pathname;
    this.#request = isSecure ? secureRequest : plainRequest;
  }

  /**
   * Resolves with the head of the answer; redirections are not followed. The request is sent once more where a kept
   * connection was closed by the other end meanwhile: whatever goes over it may be repeated.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#sendOnce(request);
    } catch (error) {
      if (error instanceof StaleConnectionError) {
        return await this.#sendOnce(request);
      }
      throw error;
    }
  }

  #sendOnce({ path, method, headers, body, signal, millisecondsMax }: HttpRequest): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    signal.throwIfAborted();
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = this.#request({
      ...this.#base,
      path: `${this.#pathPrefix}${path}`,
      method,
      headers: { ...headers, ...length },
    });
    let ending: unknown;
    // At once: a request that still waits for a connection is heard of only when it gets one.
    const end = (reason: Error) => {
      ending = reason;
      reject(reason);
      sent.destroy(reason);
    };
    const abort = () => end(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const timer =
      millisecondsMax === undefined
        ? undefined
        : setTimeout(
            () => end(new Error(`no whole answer came within ${millisecondsMax / 1000} s`)),
            millisecondsMax,
          );
    sent.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
    sent.once('response', (incoming) => resolve(answerOf(incoming, () => ending)));
    // It may come after the answer began, too: then reading its body fails, and who reads it is told.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
      reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : firstOf(error));
    });
    sent.end(body);
    return promise;
  }
}

function secureAgentFor(tls: ClientTls | undefined) {
  return tls === undefined
    ? secureAgent
    : new SecureAgent({ ...tls, minVersion: 'TLSv1.2', keepAlive: true, maxSockets: socketsMax });
}

class StaleConnectionError extends Error {}

/** A name with several addresses fails with an error for each, and no text of its own. */
function firstOf(error: Error): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first : error;
}

/** `ended` gives why the request was ended from here, where it was. */
function answerOf(incoming: IncomingMessage, ended: () => unknown): HttpAnswer {
  const body = bodyOf(incoming, ended);
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

/** Where it was ended from here, it fails with the reason for that. */
async function* bodyOf(incoming: IncomingMessage, ended: () => unknown): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming;
  } catch (error) {
    throw ended() ?? error;
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
