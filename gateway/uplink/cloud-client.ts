import { readFile, stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { CloudSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type ClientTls, type HttpAnswer, type HttpRequest, HttpServer } from './http-request.ts';
import { readTlsFiles, type Warn, warnOfReadableKey } from './tls-files.ts';

const keyBytesMax = 4096;
const othersMayRead = 0o044;

/**
 * Reaches the cloud under the gateway's key, and with its certificate where it has one. What is in the files is read
 * again after it was refused, or where no connection came about.
 */
export class CloudClient {
  readonly #settings: Readonly<CloudSettings>;
  #server: { readonly tls: ClientTls | undefined; readonly http: HttpServer } | undefined;
  #isTlsFresh = false;
  readonly #hearTime: ((cloudTime: number) => void) | undefined;
  readonly #warn: Warn;
  #key: string | undefined;

  /** `hearTime` is told what time the cloud says it is (milliseconds since the epoch), with each answer. */
  constructor(
    settings: Readonly<CloudSettings>,
    hearTime?: (cloudTime: number) => void,
    warn: Warn = () => undefined,
  ) {
    this.#settings = settings;
    this.#hearTime = hearTime;
    this.#warn = warn;
  }

  /** Rejects where the cloud cannot be reached, or with `uplink.key-file` or `uplink.tls-files` where a file is not good. */
  async request(
    path: string,
    init: {
      method: string;
      headers?: Record<string, string>;
      body?: Uint8Array | string;
      signal: AbortSignal;
      millisecondsMax?: number;
    },
  ): Promise<HttpAnswer> {
    this.#key ??= await this.#readKey();
    const response = await this.#send({
      ...init,
      path,
      headers: { ...init.headers, authorization: `Bearer ${this.#key}` },
    });
    const date = response.header('date');
    if (date !== null) {
      this.#hearTime?.(Date.parse(date));
    }
    if (response.status === 401) {
      this.#key = undefined;
      this.#isTlsFresh = false;
    }
    return response;
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const { http } = await this.#reach();
    try {
      return await http.send(request);
    } catch (error) {
      this.#isTlsFresh = false;
      throw error;
    }
  }

  /** Connections are kept as long as the files hold what they were made with. */
  async #reach() {
    if (this.#server !== undefined && this.#isTlsFresh) {
      return this.#server;
    }
    const tls = await readTlsFiles(this.#settings);
    if (this.#server === undefined || !isDeepStrictEqual(tls, this.#server.tls)) {
      await warnOfReadableKey(this.#settings, this.#warn);
      this.#server = { tls, http: new HttpServer(this.#settings.url, tls) };
    }
    this.#isTlsFresh = true;
    return this.#server;
  }

  async #readKey(): Promise<string> {
    let key: string;
    try {
      const { keyFile } = this.#settings;
      key = (await readFile(keyFile, 'utf8')).trim();
      const { mode } = await stat(keyFile);
      if ((mode & othersMayRead) !== 0) {
        this.#warn({ keyFile }, 'others on this machine can read the key of the gateway: chmod 600');
      }
    } catch (error) {
      throw keyFileError(`The key file cannot be read: ${messageOf(error)}.`, error);
    }
    if (key === '' || key.length > keyBytesMax || /[^\x21-\x7e]/.test(key)) {
      throw keyFileError(`The key file ${this.#settings.keyFile} does not hold one key and nothing else.`);
    }
    return key;
  }
}

function keyFileError(message: string, cause?: unknown): AndonError {
  return new AndonError({
    code: 'uplink.key-file',
    message,
    nextStep: 'Put the key that the cloud showed for this gateway into that file.',
    cause,
  });
}

/** The text of an error, with what lies behind it: that something was aborted alone says nothing. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause instanceof Error ? `${error.message}: ${messageOf(error.cause)}` : error.message;
}
