import { AndonError } from '@andon/shared/kernel';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

const problemSchema = Type.Object({
  title: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
});

const requestMillisecondsMax = 20_000;

/** The cloud's doors, as a program with an API key sees them. Every answer is checked against what we read of it. */
export class CloudClient {
  readonly #url: string;
  readonly #apiKey: string;

  constructor(url: string, apiKey: string) {
    this.#url = url;
    this.#apiKey = apiKey;
  }

  /** undefined where there is no such thing (404). */
  async find<Schema extends TSchema>(path: string, schema: Schema): Promise<Static<Schema> | undefined> {
    const response = await this.#send('GET', path);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    return this.#read('GET', path, response, schema);
  }

  /** The items of the first page that the filter leaves. */
  async list<Schema extends TSchema>(path: string, item: Schema): Promise<Static<Schema>[]> {
    const page = Type.Object({ items: Type.Array(item) });
    const { items } = await this.#read('GET', path, await this.#send('GET', path), page);
    return items;
  }

  async post<Schema extends TSchema>(path: string, body: object, schema: Schema): Promise<Static<Schema>> {
    return this.#read('POST', path, await this.#send('POST', path, body), schema);
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestMillisecondsMax),
    });
  }

  async #read<Schema extends TSchema>(
    method: string,
    path: string,
    response: Response,
    schema: Schema,
  ): Promise<Static<Schema>> {
    const answer: unknown = await response.json();
    if (response.ok && Value.Check(schema, answer)) return answer;
    const problem = Value.Check(problemSchema, answer) ? answer : {};
    const reason = response.ok ? 'it answered something unexpected' : (problem.detail ?? problem.title ?? '');
    throw new AndonError({
      code: 'one-machine.cloud-refused',
      message: `The cloud did not take ${method} ${path} (${response.status}): ${reason}`,
      nextStep: 'See the log of the cloud; this is a fault of Andon itself.',
      details: { status: response.status, problem: problem.code },
    });
  }
}
