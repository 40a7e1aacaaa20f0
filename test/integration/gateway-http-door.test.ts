import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DoorAnswer, type HttpDoor, openHttpDoor } from '../../gateway/status/http-door.ts';

let door: HttpDoor;
let errors: string[];

const open = (port = 0) =>
  openHttpDoor({
    host: '127.0.0.1',
    port,
    headers: { 'x-content-type-options': 'nosniff' },
    routes: new Map<string, () => DoorAnswer | Promise<DoorAnswer>>([
      ['/', () => ({ type: 'text/plain', body: 'äh' })],
      ['/bytes', () => ({ type: 'text/css', body: new Uint8Array([97]) })],
      ['/json', () => ({ status: 503, body: { a: 1, absent: undefined } })],
      ['/later', () => Promise.reject(new Error('no'))],
      ['/round', () => ({ body: roundAbout })],
    ]),
    onError: (error, path) => errors.push(`${path} ${String(error)}`),
  });

const roundAbout: { self?: unknown } = {};
roundAbout.self = roundAbout;

beforeEach(async () => {
  errors = [];
  door = await open();
});
afterEach(() => door.close());

const ask = (path: string, method = 'GET', body?: string) =>
  fetch(`http://127.0.0.1:${door.port}${path}`, { method, ...(body === undefined ? {} : { body }) });

test('The status is read by GET and HEAD, whatever follows a question mark', async () => {
  const text = await ask('/?at=1');
  expect([text.status, await text.text()]).toEqual([200, 'äh']);
  expect([...text.headers].map(([name]) => name)).toEqual(
    expect.arrayContaining(['content-length', 'content-type', 'x-content-type-options']),
  );
  expect(await (await ask('/bytes')).text()).toBe('a');
  const json = await ask('/json');
  expect([json.status, json.headers.get('content-type')]).toEqual([503, 'application/json; charset=utf-8']);
  expect(await json.text()).toBe('{"a":1}');
  const head = await ask('/json', 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([503, '7', '']);
});

test('Anything else is nothing at this address, and what fails is a problem that is told', async () => {
  for (const [path, method, body] of [
    ['/absent', 'GET'],
    ['/json', 'POST', 'x'.repeat(100_000)],
    ['/json/', 'GET'],
    ['/toString', 'GET'],
  ] as const) {
    const answer = await ask(path, method, body);
    expect([answer.status, answer.headers.get('content-type')], path).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await answer.json()).toMatchObject({ title: 'There is nothing at this address.' });
  }
  for (const path of ['/later', '/round']) {
    const answer = await ask(path);
    expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([500, 'nosniff']);
  }
  expect(errors).toEqual([
    '/later Error: no',
    expect.stringMatching(/^\/round TypeError: Converting circular/),
  ]);
});

test('A port that another program has is named, and closing waits for nobody who stays connected', async () => {
  await expect(open(door.port)).rejects.toMatchObject({ code: 'status.port-in-use' });
  const idle = connect(door.port, '127.0.0.1');
  await once(idle, 'connect');
  const ended = once(idle, 'close');
  idle.on('error', () => undefined);
  await door.close();
  await ended;
  door = await open();
});

test('Who asks very often in one go is answered a few times, and the connection ends', async () => {
  const socket = connect(door.port, '127.0.0.1');
  await once(socket, 'connect');
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk.toString();
  });
  const ended = once(socket, 'close');
  socket.write('GET /json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(200));
  await ended;
  // What is asked is 503 with a body; what is too much is 503 without.
  expect(answers.split('{"a":1}').length - 1).toBe(20);
  expect((await ask('/bytes')).status).toBe(200);
});
