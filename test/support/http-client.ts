/** What a test got as an answer. `body` is the parsed JSON, undefined where there is none. */
export interface TestAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects; a wrong guess fails there.
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

export type HeaderLines = Readonly<Record<string, string>>;

/** Somebody who calls the API. Paths begin with a slash. A body that is a string or bytes is sent as it is. */
export interface TestClient {
  get(path: string, headers?: HeaderLines): Promise<TestAnswer>;
  post(path: string, body?: unknown, headers?: HeaderLines): Promise<TestAnswer>;
  put(path: string, body?: unknown, headers?: HeaderLines): Promise<TestAnswer>;
  patch(path: string, body?: unknown, headers?: HeaderLines): Promise<TestAnswer>;
  delete(path: string, headers?: HeaderLines): Promise<TestAnswer>;
  readonly headers: HeaderLines;
}

export function createClient(url: string, identity: HeaderLines): TestClient {
  const call = async (method: string, path: string, body: unknown, headers: HeaderLines = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...identity,
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  };
  return {
    headers: identity,
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body, headers) => call('POST', path, body, headers),
    put: (path, body, headers) => call('PUT', path, body, headers),
    patch: (path, body, headers) => call('PATCH', path, body, headers),
    delete: (path, headers) => call('DELETE', path, undefined, headers),
  };
}
