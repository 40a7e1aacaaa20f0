import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { systemClock } from '@andon/shared/kernel';
import { interpretAnswer } from '../../gateway/uplink/answer.ts';
import { CloudClient, Downlink } from '../../gateway/uplink/index.ts';
import { type FuzzTarget, inPieces, must } from './target.ts';

const text = (samples: readonly string[]): Uint8Array[] =>
  samples.map((sample) => new TextEncoder().encode(sample));

const answers: FuzzTarget = {
  name: 'uplink answers',
  share: 0.2,
  samples: text([
    '200\n\n\n{"acked": 12}',
    '409\n\n\n{"expected": 7}',
    '429\n30\n\n{"title": "Too Many Requests", "detail": "later"}',
    '503\nThu, 01 Jan 2026 00:00:30 GMT\nThu, 01 Jan 2026 00:00:00 GMT\n',
    '422\n\n\n{"code": "gateways.record-invalid", "title": "A record of the batch is not valid"}',
  ]),
  feed(input) {
    const [status = '', retryAfter = '', date = '', ...body] = new TextDecoder().decode(input).split('\n');
    const answer = interpretAnswer({
      status: Number.parseInt(status, 10),
      retryAfter: retryAfter === '' ? null : retryAfter,
      date: date === '' ? null : date,
      contentType: 'application/problem+json',
      body: body.join('\n'),
    });
    if (answer.kind === 'later' && answer.afterMilliseconds !== undefined) {
      must(answer.afterMilliseconds >= 0, 'nothing is asked for in the past');
    }
  },
};

/** A line that does not end is a fault; so long is waited until it is said. */
const endMillisecondsMax = 30_000;

/** A cloud on this machine whose downlink gives the bytes that it is told to. */
class CloudOfBytes {
  pieces: readonly Uint8Array[] = [];
  #client: Promise<CloudClient> | undefined;

  client(): Promise<CloudClient> {
    this.#client ??= this.#listen();
    return this.#client;
  }

  async #listen(): Promise<CloudClient> {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
      for (const piece of this.pieces) {
        response.write(piece);
      }
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    const address = server.address();
    const folder = mkdtempSync(join(tmpdir(), 'andon-fuzz-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, 'key');
    const port = typeof address === 'object' ? address?.port : undefined;
    return new CloudClient({ url: `http://127.0.0.1:${port}`, keyFile });
  }
}

const command = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId: 'press-1',
  name: 'reboot',
  parameters: {},
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 2,
  idempotency: 'once',
};

const cloud = new CloudOfBytes();
const downlink: FuzzTarget = {
  name: 'downlink',
  share: 0.01,
  samples: text([
    `id: 1\ndata: ${JSON.stringify({ type: 'command', command })}\n\n`,
    'id: 2\nevent: message\ndata: {"type":\ndata: "devices"}\n\n: heartbeat\n\n',
    'retry: 5\nid: 3\r\ndata: []\r\n\r\n',
  ]),
  async feed(input, random) {
    cloud.pieces = [...inPieces(input, random)];
    const line = new Downlink({
      client: await cloud.client(),
      clock: systemClock,
      jitter: () => 0.5,
      lastEventId: () => undefined,
      handle: async () => undefined,
      passOver: async () => undefined,
      onConnected: () => undefined,
    });
    line.start();
    const deadline = performance.now() + endMillisecondsMax;
    while (line.status().state !== 'waiting' && performance.now() < deadline) {
      await turnOfTheLoop();
    }
    must(line.status().state === 'waiting', 'the line ends with its bytes');
    await line.stop();
  },
};

export const cloudTargets: readonly FuzzTarget[] = [answers, downlink];
