import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  type DownlinkMessage,
  downlinkStreamHeader,
  type Lane,
  UplinkBatch,
  type UplinkRecord,
} from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

const checkBatch = Compile(UplinkBatch);

export interface ReceivedBatch {
  readonly lane: Lane;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly records: readonly UplinkRecord[];
}

/** What happens to one post instead of being stored. */
export type Mishap =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown }
  | { kind: 'cut before' }
  | { kind: 'cut after storing' };

/**
 * The gateway's end of the cloud, over real HTTP: keeps the uplink's contract (stored once, in order, holes refused
 * with 409) and lets a test spoil single answers.
 */
export class EdgeCloud {
  key = 'the-key';
  /** Stored records, by lane, in order. */
  readonly stored: Record<Lane, UplinkRecord[]> = { alerts: [], readings: [], history: [] };
  readonly batches: ReceivedBatch[] = [];
  readonly lastEventIds: (string | undefined)[] = [];
  /** Up to which message the gateway said, while a line was open, that it has kept all. */
  readonly receipts: number[] = [];
  /** Whether streams are named, so that receipts for them are welcome, and what those are answered with. */
  receiptStatus: number | undefined = undefined;
  readonly #acked = new Map<string, number>();
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #events: { id: number; message: DownlinkMessage }[] = [];
  #mishaps: Mishap[] = [];
  /** Answers 422 to a batch with such a record in it. */
  refuses: (record: UplinkRecord) => boolean = () => false;
  port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#route(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Goes away with all its connections; `start` comes back at the same address, with all that was stored. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** The next posts of this lane, or of any, meet these mishaps, one each. */
  spoil(...mishaps: Mishap[]): void {
    this.#mishaps.push(...mishaps);
  }

  mishapsLeft(): number {
    return this.#mishaps.length;
  }

  /** Forgets the last so many records of a lane, as if it had been restored from an older copy. */
  forget(lane: Lane, count: number): void {
    this.stored[lane].splice(-count);
    for (const [key, acked] of this.#acked) {
      if (key.startsWith(`${lane} `)) {
        this.#acked.set(key, acked - count);
      }
    }
  }

  tell(message: DownlinkMessage): void {
    const event = { id: this.#events.length + 1, message };
    this.#events.push(event);
    for (const stream of this.#streams) {
      writeEvent(stream, event);
    }
  }

  /** Writes bytes on every open stream as they are. */
  tellRaw(text: string): void {
    for (const stream of this.#streams) {
      stream.write(text);
    }
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Ends every stream in good order. */
  endStreams(): void {
    for (const stream of this.#streams) {
      stream.end();
    }
  }

  cutStreams(): void {
    for (const stream of this.#streams) {
      stream.destroy();
    }
  }

  of<Type extends UplinkRecord['type']>(type: Type): Extract<UplinkRecord, { type: Type }>[] {
    const all: UplinkRecord[] = [...this.stored.alerts, ...this.stored.readings, ...this.stored.history];
    return all.filter((record): record is Extract<UplinkRecord, { type: Type }> => record.type === type);
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.key}`) {
      problem(response, 401, {});
    } else if (request.url === '/v1/gateway/downlink') {
      this.#openStream(request, response);
    } else if (request.url === '/v1/gateway/downlink-receipt') {
      const { lastEventId } = JSON.parse((await bodyOf(request)).toString());
      this.receipts.push(lastEventId);
      response.writeHead(this.receiptStatus ?? 404).end();
    } else {
      await this.#uplink(request, response);
    }
  }

  #openStream(request: IncomingMessage, response: ServerResponse): void {
    const last = request.headers['last-event-id'];
    this.lastEventIds.push(typeof last === 'string' ? last : undefined);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      ...(this.receiptStatus !== undefined && { [downlinkStreamHeader]: randomUUID() }),
    });
    response.write(': hello\n\n');
    for (const event of this.#events.filter(({ id }) => id > Number(last ?? 0))) {
      writeEvent(response, event);
    }
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  async #uplink(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await bodyOf(request);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const mishap = this.#mishaps.shift();
    if (mishap?.kind === 'cut before') {
      response.destroy();
      return;
    }
    if (mishap?.kind === 'status') {
      problem(response, mishap.status, mishap.body ?? {}, mishap.headers);
      return;
    }
    const batch: unknown = JSON.parse(text.toString());
    if (!checkBatch.Check(batch)) {
      problem(response, 422, { code: 'gateways.batch-invalid', detail: 'no batch' });
      return;
    }
    this.#store(batch, response, mishap?.kind === 'cut after storing');
  }

  #store(batch: ReceivedBatch, response: ServerResponse, cut: boolean): void {
    this.batches.push(batch);
    const key = `${batch.lane} ${batch.epoch}`;
    const acked = this.#acked.get(key) ?? 0;
    if (batch.firstSeq > acked + 1) {
      problem(response, 409, { expected: acked + 1 });
      return;
    }
    if (batch.records.some((record) => this.refuses(record))) {
      problem(response, 422, { code: 'gateways.record-invalid', detail: 'a record is not to our taste' });
      return;
    }
    const news = batch.records.slice(acked - batch.firstSeq + 1);
    this.stored[batch.lane].push(...news);
    this.#acked.set(key, acked + news.length);
    if (cut) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ acked: acked + news.length }));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function writeEvent(stream: ServerResponse, event: { id: number; message: DownlinkMessage }): void {
  stream.write(`id: ${event.id}\ndata: ${JSON.stringify(event.message)}\n\n`);
}

function problem(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
