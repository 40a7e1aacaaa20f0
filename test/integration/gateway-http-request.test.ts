import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpServer } from '../../gateway/uplink/http-request.ts';
import { eventually } from '../support/wait.ts';

let server: Server;
let http: HttpServer;
const open: ServerResponse[] = [];

/** Answers with the head alone, or not at all, until the test says so. */
beforeEach(async () => {
  open.length = 0;
  server = createServer((request, response) => {
    open.push(response);
    if (request.url === '/head') {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('so far');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  http = new HttpServer(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const get = (path: string, signal: AbortSignal, millisecondsMax?: number) =>
  http.send({ path, method: 'GET', headers: {}, signal, millisecondsMax });

test('A request that waits for a connection is ended in time, and at once when it is aborted', async () => {
  const busy = new AbortController();
  const held = Array.from({ length: 8 }, () => get('/never', busy.signal));
  for (const one of held) {
    one.catch(() => undefined);
  }
  await eventually('every connection to be busy', () => open.length === 8);
  const waiting = new AbortController();
  const aborted = get('/never', waiting.signal);
  waiting.abort(new Error('told to stop'));
  await expect(aborted).rejects.toThrow('told to stop');
  await expect(get('/never', waiting.signal)).rejects.toThrow('told to stop');
  await expect(get('/never', new AbortController().signal, 20)).rejects.toThrow('no whole answer');
  expect(open).toHaveLength(8);
  busy.abort(new Error('over'));
  await expect(held[0]).rejects.toThrow('over');
});

test('The time is for the whole answer, and who reads its body is told', async () => {
  const response = await get('/head', new AbortController().signal, 1500);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('no whole answer came within 1.5 s');
});
