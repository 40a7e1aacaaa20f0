import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '@andon/shared/contracts';
import { AndonError, type Clock } from '@andon/shared/kernel';
import mqtt, { type MqttClient } from 'mqtt';
import type { RecordedValue } from './recording.ts';
import { UnacknowledgedStore } from './unacknowledged.ts';
import { FlightWindow } from './window.ts';

export interface ReplayOptions {
  readonly url: string;
  readonly deviceId: string;
  readonly password: string;
  readonly signal: string;
  /** How many seconds of the recording pass in one; `max` as fast as the broker acknowledges. */
  readonly speed: number | 'max';
  readonly bootId: string;
  readonly clock: Clock;
  readonly inFlightMax?: number;
  readonly progress: (line: string) => void;
}

export interface ReplayResult {
  readonly rows: number;
  /** Each row is acknowledged once, so this is `rows` when all went well. */
  readonly acknowledged: number;
  readonly connections: number;
  readonly seconds: number;
}

const inFlightDefault = 100;
const reconnectMilliseconds = 250;
const progressPeriodMilliseconds = 1000;
/** CONNACK return codes of MQTT 3.1.1: bad user name or password, not authorised. */
const refusalCodes = new Set([4, 5]);

/**
 * Plays a recording as a device, in its order and with its times. Where the broker goes away it waits for it, and what
 * was not acknowledged is sent again with DUP before anything new; what was acknowledged is never sent again.
 */
export async function replay(
  recording: AsyncIterable<RecordedValue>,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const player = new Player(options);
  const progress = setInterval(() => options.progress(player.progress()), progressPeriodMilliseconds);
  try {
    return await player.play(recording);
  } finally {
    clearInterval(progress);
    await player.close();
  }
}

class Player {
  readonly #options: ReplayOptions;
  readonly #client: MqttClient;
  readonly #window: FlightWindow;
  readonly #startedAt: number;
  #rows = 0;
  #acknowledged = 0;
  #connections = 0;
  #playedTo: number | undefined;
  #failure: Error | undefined;
  #connectedOnce: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#window = new FlightWindow(options.inFlightMax ?? inFlightDefault);
    this.#startedAt = options.clock.monotonic();
    this.#client = this.#connect();
  }

  async play(recording: AsyncIterable<RecordedValue>): Promise<ReplayResult> {
    await this.#connectedOnce.promise;
    let first: { ts: number; at: number } | undefined;
    for await (const { ts, value } of recording) {
      first ??= { ts, at: this.#options.clock.monotonic() };
      await this.#due(ts, first);
      await this.#window.room();
      await this.#connectedOnce.promise;
      this.#publish(ts, value);
    }
    await this.#window.empty();
    if (this.#failure) throw this.#failure;
    const seconds = (this.#options.clock.monotonic() - this.#startedAt) / 1000;
    return { rows: this.#rows, acknowledged: this.#acknowledged, connections: this.#connections, seconds };
  }

  progress(): string {
    const place = this.#playedTo === undefined ? 'the start' : new Date(this.#playedTo).toISOString();
    const state = this.#client.connected ? '' : ', waiting for the broker';
    return `${this.#acknowledged} acknowledged, ${this.#window.inFlight} in flight, at ${place}${state}`;
  }

  async close(): Promise<void> {
    if (this.#client.connected) this.#announce(false);
    await this.#client.endAsync(!this.#client.connected);
  }

  async #due(ts: number, first: { ts: number; at: number }): Promise<void> {
    const { speed, clock } = this.#options;
    if (speed === 'max') return;
    const wait = first.at + (ts - first.ts) / speed - clock.monotonic();
    if (wait > 0) await delay(wait);
  }

  #publish(ts: number, value: RecordedValue['value']): void {
    const { deviceId, signal, bootId } = this.#options;
    const payload = JSON.stringify({ ts, bootId, values: { [signal]: value } });
    this.#rows += 1;
    this.#playedTo = ts;
    this.#window.take();
    this.#client.publish(topics.telemetry(deviceId), payload, { qos: 1 }, (error) => {
      if (error) this.#failure ??= error;
      else this.#acknowledged += 1;
      this.#window.giveBack();
    });
  }

  #announce(connected: boolean): void {
    const { deviceId, bootId } = this.#options;
    const status = connected ? { connected, bootId, firmware: 'replay' } : { connected };
    this.#client.publish(topics.status(deviceId), JSON.stringify(status), { qos: 0, retain: true });
  }

  #connect(): MqttClient {
    const { url, deviceId, password, progress } = this.#options;
    const client = mqtt.connect(url, {
      clientId: deviceId,
      username: deviceId,
      password,
      // The session is kept, so that the packet ids of what is sent again mean the same to both ends.
      clean: false,
      outgoingStore: new UnacknowledgedStore(),
      reconnectPeriod: reconnectMilliseconds,
      reconnectOnConnackError: true,
      will: {
        topic: topics.status(deviceId),
        payload: Buffer.from('{"connected":false}'),
        qos: 1,
        retain: true,
      },
    });
    client.on('connect', () => {
      this.#connections += 1;
      this.#announce(true);
      this.#connectedOnce.resolve();
    });
    client.on('close', () => {
      if (this.#connections > 0) this.#connectedOnce = Promise.withResolvers();
    });
    client.on('error', (error) => {
      progress(`the broker: ${error.message || error.name}`);
      const code = 'code' in error ? error.code : undefined;
      if (this.#connections > 0 || typeof code !== 'number' || !refusalCodes.has(code)) return;
      this.#connectedOnce.reject(
        new AndonError({
          code: 'simulator.replay-refused',
          message: `The broker does not let ${deviceId} in: ${error.message}.`,
          nextStep: 'Check --device and --password; the device has to be registered with this gateway.',
          cause: error,
        }),
      );
    });
    return client;
  }
}
