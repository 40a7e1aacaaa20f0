import { readFile, stat } from 'node:fs/promises';
import { AndonError } from '@andon/shared/kernel';
import { type HttpAnswer, HttpServer } from './http-request.ts';

const keyBytesMax = 4096;
const othersMayRead = 0o044;

export interface CloudSettings {
  readonly url: string;
  readonly keyFile: string;
}

/** Reaches the cloud under the gateway's key. The key is read from its file, and again after it was refused. */
export class CloudClient {
  readonly #settings: CloudSettings;
  readonly #server: HttpServer;
  readonly #hearTime: ((cloudTime: number) => void) | undefined;
  readonly #warn: (details: object, message: string) => void;
  #key: string | undefined;

  /** `hearTime` is told what time the cloud says it is (milliseconds since the epoch), with each answer. */
  constructor(
    settings: CloudSettings,
    hearTime?: (cloudTime: number) => void,
    warn: (details: object, message: string) => void = () => undefined,
  ) {
    this.#settings = settings;
    this.#server = new HttpServer(settings.url);
    this.#hearTime = hearTime;
    this.#warn = warn;
  }

  /** Rejects where the cloud cannot be reached, or with `uplink.key-file` where there is no key. */
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
    const response = await this.#server.send({
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
    }
    return response;
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
