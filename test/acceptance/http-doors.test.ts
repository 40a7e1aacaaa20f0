import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CloudProgram, dataFolder } from '../support/processes.ts';
import { rebootCommand } from '../support/story.ts';

/** A JSON Schema, as far as a request can be made up from it. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly body: Schema | undefined;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const requestsAtOnce = 8;
const folder = dataFolder();
// Who comes over this proxy is told apart by address, so that the limits on one address do not hide what comes after.
const cloud = new CloudProgram(join(folder, 'cloud'), { ANDON_TRUSTED_PROXIES: '127.0.0.1' });
let operations: Operation[] = [];
let callers = 0;
let gatewayKey = '';
/** Records that exist, by the path that they are found under, so that bad input gets past 'no such record'. */
const existing = new Map<string, string>();

beforeAll(async () => {
  await cloud.start();
  const { body } = await cloud.anonymous.get('/openapi.json');
  operations = operationsOf(body);
  await makeRecords();
});

async function make(path: string, body: object, id = 'id'): Promise<string> {
  const answer = await cloud.api.post(path, body);
  expect(answer.status, `${path}: ${answer.text}`).toBe(201);
  existing.set(path, answer.body[id]);
  return answer.body[id];
}

/** One of each kind. */
async function makeRecords(): Promise<void> {
  const accountId = await make('/v1/accounts', { name: 'Ridgeway Foods' });
  const person = { fullName: 'Maria Keller', email: 'maria@example.com', language: 'en', primary: true };
  await make('/v1/contacts', { accountId, ...person });
  const category = { id: 'press', name: 'Presses', signals: [{ name: 'temperature' }], rules: [] };
  await make('/v1/device-categories', { ...category, commands: [rebootCommand] });
  gatewayKey = await make('/v1/gateways', { id: 'line-1', name: 'Line 1' }, 'key');
  existing.set('/v1/gateways', 'line-1');
  const assetId = await make('/v1/assets', { accountId, name: 'Press 1' });
  const registration = { deviceId: 'press-1', categoryId: 'press', gatewayId: 'line-1' };
  const registered = await cloud.api.post(`/v1/assets/${assetId}/register`, registration);
  expect(registered.status, registered.text).toBe(201);
  existing.set('/v1/devices', 'press-1');
  const commandId = await make('/v1/devices/press-1/commands', { name: 'reboot' });
  existing.set('/v1/commands', commandId);
  await make('/v1/cases', { accountId, title: 'It hums', priority: 'normal' });
  await make('/v1/api-keys', { name: 'spare', role: 'viewer' });
}

afterAll(async () => {
  await cloud.stop();
  await cloud.clean();
  rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: the document is made by a library and has the shape of OpenAPI.
function operationsOf(document: any): Operation[] {
  return Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { parameters = [], requestBody } = operation as {
        parameters?: Operation['parameters'];
        requestBody?: { content?: Record<string, { schema?: Schema }> };
      };
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content?.['application/json']?.schema,
      };
    }),
  );
}

async function send(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  callers += 1;
  const response = await fetch(`${cloud.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(path.startsWith('/v1/gateway/') ? { authorization: `Bearer ${gatewayKey}` } : cloud.api.headers),
      'if-match': '"1"',
      'x-forwarded-for': `10.${(callers >> 14) & 127}.${(callers >> 7) & 127}.${callers & 127}`,
      ...(body === undefined ? {} : headers),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(20_000),
  });
  const contentType = response.headers.get('content-type') ?? '';
  if (contentType.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { status: response.status, contentType, text: '' };
  }
  return { status: response.status, contentType, text: await response.text() };
}

const insides =
  /\n\s+at |node_modules|\.[tj]s:\d+|\bselect .+ from\b|\binsert into\b|syntax error|ECONN|pg_/i;

/** Says what is wrong with an answer to bad input, or nothing. */
function faultOf({ status, contentType, text }: Answer): string | undefined {
  if (status >= 500) return `answers ${status}: ${text.slice(0, 200)}`;
  if (insides.test(text) && !contentType.startsWith('text/html'))
    return `tells insides: ${text.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (contentType.startsWith('text/html')) return undefined;
  if (!contentType.startsWith('application/problem+json')) return `${status} as ${contentType}`;
  const problem = JSON.parse(text);
  if (problem.status !== status || typeof problem.title !== 'string' || typeof problem.code !== 'string') {
    return `is no problem: ${text.slice(0, 200)}`;
  }
  if (status === 422 && !problem.errors?.every(({ field }: { field: string }) => typeof field === 'string')) {
    return `422 names no field: ${text.slice(0, 200)}`;
  }
  return undefined;
}

/** Texts that one pattern or format or other likes. */
const texts = [
  'press-1',
  randomUUID(),
  'maria@example.com',
  '+12025550143',
  '2026-03-02T08:00:00.000Z',
  '2026-03-02',
  'temperature',
  '41',
  '/',
  'en',
];

/** A value that a schema takes, as far as one can be made up. */
function sampleOf(schema: Schema | undefined): unknown {
  if (schema === undefined) return {};
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0]);
  if (schema.type === 'object' || schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, member]) => [name, sampleOf(member)]),
    );
  }
  if (schema.type === 'array') return (schema.minItems ?? 0) > 0 ? [sampleOf(schema.items)] : [];
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return false;
  if (schema.type === 'null') return null;
  return textFor(schema);
}

function textFor({ pattern, format, minLength = 0 }: Schema): string {
  const formats: Record<string, string | undefined> = {
    uuid: texts[1],
    email: texts[2],
    'date-time': texts[4],
    date: texts[5],
  };
  const byFormat = format === undefined ? undefined : formats[format];
  const byPattern = texts.find(
    (text) => text.length >= minLength && (pattern === undefined || new RegExp(pattern, 'u').test(text)),
  );
  return byFormat ?? byPattern ?? 'x'.repeat(Math.max(minLength, 1));
}

const wrongValues: readonly unknown[] = [
  null,
  true,
  -1,
  Number.MAX_SAFE_INTEGER + 1,
  1e300,
  '',
  'a\u0000b',
  '\ud800',
  'x'.repeat(20_000),
  [],
  { nested: [[]] },
];

/** Bodies that differ from a good one in one place. */
function* wrongBodies(schema: Schema | undefined): Generator<string> {
  yield* ['{"name": ', '', 'null', '[]', '"text"', '12', '{"__proto__": {"role": "administrator"}}'];
  yield `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  yield JSON.stringify(wrongValues.slice(0, 3));
  const sample = sampleOf(schema);
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) return;
  yield JSON.stringify({ ...sample, surprise: 1 });
  yield JSON.stringify({ ...sample, 'a\u0000b': 1 });
  for (const name of Object.keys(sample)) {
    const { [name]: _, ...without } = sample as Record<string, unknown>;
    yield JSON.stringify(without);
    for (const value of wrongValues) yield JSON.stringify({ ...sample, [name]: value });
    // Numbers that no JavaScript would write.
    yield JSON.stringify({ ...sample, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e999`);
  }
}

/** In a path all of them are tried, in a query the first six. */
const wrongParts = [
  'a%00b',
  '%ff',
  '-1',
  '99999999999999999999',
  '%27%20or%201%3D1',
  'x'.repeat(2_000),
  '..%2F..%2Fetc%2Fpasswd',
  '%F0%9F%92%A9',
  'NaN',
  '00000000-0000-0000-0000-000000000000',
];

const wrongContentTypes = ['text/plain', 'application/xml', 'nonsense', 'application/json; charset=utf-7'];

function pathWith(operation: Operation, part: (schema: Schema) => string): string {
  return operation.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const parameter = operation.parameters.find((one) => one.name === name);
    return part(parameter?.schema ?? { type: 'string' });
  });
}

const goodPath = (operation: Operation) => {
  const [collection = ''] = operation.path.split('/{');
  return pathWith(operation, (schema) =>
    encodeURIComponent(existing.get(collection) ?? String(sampleOf(schema))),
  );
};

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string;
}

/** Everything that is sent to one operation. */
function* attempts(operation: Operation): Generator<Attempt> {
  const { method, parameters } = operation;
  const path = goodPath(operation);
  const takesBody = method !== 'GET' && method !== 'DELETE';
  const body = takesBody ? JSON.stringify(sampleOf(operation.body)) : undefined;
  if (operation.path.includes('{')) {
    for (const part of wrongParts) yield { method, path: pathWith(operation, () => part), body };
  }
  const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  for (const name of [...names, 'surprise']) {
    for (const part of wrongParts.slice(0, 6)) yield { method, path: `${path}?${name}=${part}`, body };
    yield { method, path: `${path}?${name}=1&${name}=2&${name}[a]=3`, body };
  }
  if (!takesBody) return;
  for (const wrong of wrongBodies(operation.body)) yield { method, path, body: wrong };
  for (const contentType of wrongContentTypes) yield { method, path, body: body ?? '{}', contentType };
}

/** Sends a number of them at once; gives what was wrong, and how often each status was the answer. */
async function sendAll(
  attempts: readonly Attempt[],
): Promise<{ faults: string[]; statuses: Map<number, number> }> {
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  const left = attempts.values();
  const worker = async () => {
    for (const { method, path, body, contentType = 'application/json' } of left) {
      const answer = await send(method, path, body, { 'content-type': contentType });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault = faultOf(answer);
      if (fault) faults.push(`${method} ${path.slice(0, 150)} ${body?.slice(0, 200)}\n    ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  return { faults, statuses };
}

test('No bad input to any door gives a 5xx or tells of our insides; every refusal is problem details, and a 422 names the field', async () => {
  expect(operations.length).toBeGreaterThan(40);
  const { faults, statuses } = await sendAll(operations.flatMap((operation) => [...attempts(operation)]));
  const tally = [...statuses]
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${status}: ${count}`);
  console.info(`${operations.length} operations; answers ${tally.join(', ')}`);
  expect(faults).toEqual([]);
  expect(cloud.program.running).toBe(true);
}, 300_000);

test('Nobody who is not signed in gets anything but 401, whatever is sent', async () => {
  // Those who come in by them are not signed in yet; `architecture/routes.test.ts` says which these are.
  const open =
    /^\/(v1\/(session$|session\/openid-connect|sign-in-methods$|sign-in-links\/|gateway-enrolments$)|c\/)/;
  for (const { method, path } of operations.filter((one) => !open.test(one.path))) {
    callers += 1;
    const response = await fetch(`${cloud.url}${path.replaceAll(/\{\w+\}/g, 'x')}`, {
      method,
      headers: { 'x-forwarded-for': `10.200.0.${callers & 127}`, 'content-type': 'application/json' },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
    });
    await response.body?.cancel();
    expect(response.status, `${method} ${path}`).toBe(401);
  }
});
