/**
 * The load, and where its alerts arrive: one process, so that both are timed by one clock.
 *
 * 50 devices publish JSON of 121 bytes with four signals, QoS 1, in an open loop: each when it is due, whether or not
 * the ones before were acknowledged. Every hundredth publication is over the limit, so it must cause one HTTP request
 * that names its `ts`; `ts` counts the publications.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '@andon/shared/kernel';
import { pubackBytes, publishTemplate, signIn } from './mqtt-wire.ts';

export const clients = 50;
export const password = 'bench';
export const deviceId = (client: number): string => `press-${client}`;
export const topicOf = (client: number): string => `devices/${deviceId(client)}/telemetry`;
const payloadBytes = 121;
/** One in so many publications is an alert. */
const publicationsPerAlert = 100;
const hotTemperature = '102.31';
const calmTemperature = ' 72.31';

export interface Run {
  readonly port: number;
  /** Publications a second, of all devices together. */
  readonly rate: number;
  readonly seconds: number;
  /** How long it is waited where nothing comes. */
  readonly patienceMilliseconds?: number;
}

export interface RunResult {
  readonly published: number;
  readonly acknowledged: number;
  /** From the first publication until the last acknowledgement or alert that came. */
  readonly milliseconds: number;
  /** From publication to acknowledgement. */
  readonly acknowledgement: Percentiles;
  readonly alertsExpected: number;
  readonly alertsArrived: number;
  /** From publication to the arrival of its HTTP request. */
  readonly alert: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Takes alerts: those of the gateway by the contract of the uplink, those of others as a JSON with `ts`. */
export class AlertSink {
  readonly #server = createServer((request, response) => void this.#take(request, response));
  onAlert: (ts: number, arrivedAt: number) => void = () => undefined;

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = systemClock.monotonic();
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    if (request.url?.startsWith('/v1/gateway/downlink')) {
      response.writeHead(503).end();
      return;
    }
    const raw = Buffer.concat(chunks);
    const body = JSON.parse(
      (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString() || '{}',
    );
    if (body.lane === 'alerts') {
      for (const record of body.records) {
        if (record.type === 'alert' && record.transition === 'raised') {
          this.onAlert(record.sourceTime, arrivedAt);
        }
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ acked: body.firstSeq + body.records.length - 1 }));
    } else if (body.lane !== undefined) {
      // Readings stay in the outbox: what is compared sends alerts only.
      response.writeHead(503, { 'retry-after': '600' }).end();
    } else {
      this.onAlert(Number(body.ts), arrivedAt);
      response.end('{}');
    }
  }
}

const temperatureAt = '{"ts":1700000000000,"values":{"temperature":'.length;

/** One device's connection. */
class Publisher {
  readonly #socket: Socket;
  readonly #template: ReturnType<typeof publishTemplate>;
  readonly #firstTs: number;
  /** When each publication left, in order; acknowledgements come in the same order. */
  readonly #sentAt: number[] = [];
  #bytes = 0;
  acknowledged = 0;

  constructor(socket: Socket, client: number, firstTs: number, latencies: number[]) {
    this.#socket = socket;
    this.#firstTs = firstTs;
    const values = `"temperature":${calmTemperature},"pressure":152.4,"vibration":1.42,"cycles":184220`;
    const head = `{"ts":${firstTs},"values":{${values}},"bootId":"`;
    const payload = Buffer.from(`${head}${'b'.repeat(payloadBytes - head.length - 2)}"}`);
    this.#template = publishTemplate(topicOf(client), payload);
    socket.on('data', (chunk: Buffer) => {
      const now = systemClock.monotonic();
      this.#bytes += chunk.length;
      const acknowledged = Math.floor(this.#bytes / pubackBytes);
      for (; this.acknowledged < acknowledged; this.acknowledged += 1) {
        latencies.push(now - (this.#sentAt[this.acknowledged] ?? now));
      }
    });
  }

  /** Publishes those numbers at once. */
  publish(numbers: readonly number[], now: number): void {
    const { bytes, packetIdAt, payloadAt } = this.#template;
    const batch = Buffer.allocUnsafe(bytes.length * numbers.length);
    for (const [index, number] of numbers.entries()) {
      const at = index * bytes.length;
      bytes.copy(batch, at);
      batch.writeUInt16BE((this.#sentAt.length % 65_535) + 1, at + packetIdAt);
      batch.write(String(this.#firstTs + number), at + payloadAt + '{"ts":'.length, 'latin1');
      if (isAlert(number)) {
        batch.write(hotTemperature, at + payloadAt + temperatureAt, 'latin1');
      }
      this.#sentAt.push(now);
    }
    this.#socket.write(batch);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}

/** The devices take turns, and an alert's device is calm again with its next publication. */
const isAlert = (number: number): boolean =>
  number % publicationsPerAlert === Math.floor(number / publicationsPerAlert) % publicationsPerAlert;

/** Where nothing comes any more for so long, nothing more is expected: what keeps nothing may lose something. */
const drainMillisecondsMax = 5000;

export async function run(
  { port, rate, seconds, patienceMilliseconds = drainMillisecondsMax }: Run,
  sink: AlertSink,
): Promise<RunResult> {
  const firstTs = systemClock.now();
  const acknowledgements: number[] = [];
  const every = Array.from({ length: clients }, (_, client) => client);
  const sockets = await Promise.all(every.map((client) => signIn(port, deviceId(client), password)));
  const publishers = sockets.map(
    (socket, client) => new Publisher(socket, client, firstTs, acknowledgements),
  );
  const alertSentAt = new Map<number, number>();
  const alerts: number[] = [];
  sink.onAlert = (ts, arrivedAt) => {
    const sentAt = alertSentAt.get(ts - firstTs);
    if (sentAt !== undefined) {
      alerts.push(arrivedAt - sentAt);
      alertSentAt.delete(ts - firstTs);
    }
  };
  const count = Math.round(rate * seconds);
  const start = systemClock.monotonic();
  let published = 0;
  let alertsExpected = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = systemClock.monotonic();
      const due = Math.min(count, Math.floor(((now - start) / 1000) * rate));
      const numbers: number[][] = every.map(() => []);
      for (; published < due; published += 1) {
        numbers[published % clients]?.push(published);
        if (isAlert(published)) {
          alertsExpected += 1;
          alertSentAt.set(published, now);
        }
      }
      for (const [client, own] of numbers.entries()) {
        if (own.length > 0) publishers[client]?.publish(own, now);
      }
      if (published >= count) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  let latestAt = systemClock.monotonic();
  let come = 0;
  const total = () => publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  while (
    (total() < published || alerts.length < alertsExpected) &&
    systemClock.monotonic() - latestAt < patienceMilliseconds
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (total() + alerts.length > come) {
      come = total() + alerts.length;
      latestAt = systemClock.monotonic();
    }
  }
  const milliseconds = latestAt - start;
  const acknowledged = total();
  for (const publisher of publishers) publisher.close();
  return {
    published,
    acknowledged,
    milliseconds,
    acknowledgement: percentiles(acknowledgements),
    alertsExpected,
    alertsArrived: alerts.length,
    alert: percentiles(alerts),
  };
}

/** Resolves when an alert that is published comes out at the other end. */
export async function waitForFlow(port: number, sink: AlertSink): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { alertsArrived } = await run({ port, rate: 1000, seconds: 0.2, patienceMilliseconds: 1000 }, sink);
    if (alertsArrived > 0) {
      return;
    }
  }
  throw new Error('no alert came out of the flow');
}
