import { commandReason } from '@andon/shared/contracts';
import { AndonError, jitter } from '@andon/shared/kernel';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { messageOf } from '../../message-of.ts';
import type { ConnectorState } from '../connector.ts';
import type { Counters } from '../counters.ts';
import { Reopening } from '../reopening.ts';
import type { ConnectorShell } from '../shell.ts';
import { AcknowledgementWindow } from './acknowledgement-window.ts';

const reopening = { baseMilliseconds: 250, capMilliseconds: 30_000 };
const publishTimeoutMilliseconds = 10_000;
const closeTimeoutMilliseconds = 2_000;
const publishesPendingMax = 256;
/** Publications that wait for their commit; then no more is read. */
export const publicationsInFlightMax = 256;
const acknowledgedByWindow = new Error('acknowledged when it is committed');

export interface BrokerLinkOptions {
  readonly url: string;
  readonly shell: ConnectorShell;
  readonly counters: Counters;
  /** Asked before each try, so that renewed certificates and passwords count; it may throw. */
  connectOptions(): IClientOptions;
  /** The broker took the connection; rejects where it is of no use. */
  opened(client: MqttClient, sessionPresent: boolean): Promise<void>;
  /** The publication is acknowledged when this resolves; where it rejects, the connection ends and it comes again. */
  message(packet: IPublishPacket): Promise<void>;
  /** Told after each try that failed or ended, except by `stop`. */
  lost(reason: LossReason, detail: string): void;
}

/** Why nothing is heard, as the quality reason of the signals behind the broker. */
export type LossReason = 'broker-unreachable' | 'broker-refused' | 'not-stored';

type Loss = readonly [LossReason, string];

/** What became of a publication: acknowledged, or nobody knows. */
export type PublishOutcome = 'acknowledged' | 'unknown';

/**
 * A connection to a broker that comes back by itself. Each try has a client of its own, which never reconnects and
 * buffers nothing: the broker keeps the session, the outbox and the command journal keep the rest.
 */
export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #reopening: Reopening<Loss>;
  #client: MqttClient | undefined;
  #publishesPending = 0;

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
    this.#reopening = new Reopening<Loss>({
      detail: 'not connected yet',
      delays: reopening,
      jitter: options.shell.jitter ?? jitter,
      tryOnce: (ended) => this.#tryOnce(ended),
    });
  }

  get state(): ConnectorState {
    return this.#reopening.state;
  }

  get detail(): string {
    return `${this.#options.url}: ${this.#reopening.detail}`;
  }

  start(): void {
    this.#reopening.start();
  }

  stop(): Promise<void> {
    return this.#reopening.stop(['broker-unreachable', 'stopped']);
  }

  /** Rejects where nothing was sent. */
  async publish(
    topic: string,
    payload: string | Buffer,
    options: { readonly qos: 0 | 1 | 2; readonly retain: boolean },
  ): Promise<PublishOutcome> {
    const client = this.#client;
    if (client?.connected !== true || this.#publishesPending >= publishesPendingMax) {
      throw new AndonError({
        code: 'mqtt-client.not-connected',
        message: `The broker ${this.detail}.`,
        nextStep: 'It is tried again by itself; look whether the broker runs and lets this gateway in.',
        status: 503,
      });
    }
    this.#publishesPending += 1;
    const settled = Promise.withResolvers<PublishOutcome>();
    const timer = setTimeout(() => settled.resolve('unknown'), publishTimeoutMilliseconds);
    const closed = () => settled.resolve('unknown');
    client.once('close', closed);
    client.publish(topic, payload, options, (error) => settled.resolve(error ? 'unknown' : 'acknowledged'));
    try {
      return await settled.promise;
    } finally {
      clearTimeout(timer);
      client.off('close', closed);
      this.#publishesPending -= 1;
    }
  }

  /** Connects, lives and ends once; true where the broker took the connection and its subscriptions. */
  async #tryOnce(ended: PromiseWithResolvers<Loss>): Promise<boolean> {
    const { counters, opened, lost } = this.#options;
    let lived = false;
    let client: MqttClient | undefined;
    try {
      client = connect(this.#options.url, { ...this.#options.connectOptions(), reconnectPeriod: 0 });
      const current = client;
      this.#follow(current, ended.resolve);
      current.once('connect', ({ sessionPresent }) => {
        opened(current, sessionPresent).then(
          () => {
            lived = this.#opened(current);
          },
          (error: unknown) => ended.resolve(['broker-refused', messageOf(error)]),
        );
      });
    } catch (error) {
      ended.resolve(['broker-unreachable', messageOf(error)]);
    }
    const [reason, detail] = await ended.promise;
    this.#client = undefined;
    if (client !== undefined) {
      await release(client, this.#reopening.isStopped || reason === 'not-stored');
    }
    if (!this.#reopening.isStopped) {
      counters.add(lived ? 'connectionsLost' : 'connectFailures');
      this.#reopening.detail = detail;
      lost(reason, detail);
    }
    return lived;
  }

  #follow(client: MqttClient, end: (loss: Loss) => void): void {
    const window = new AcknowledgementWindow({
      inFlightMax: publicationsInFlightMax,
      acknowledge: (packetIds) => {
        if (client.connected && packetIds.length > 0) {
          client.stream.write(pubacksOf(packetIds));
        }
      },
      // Not acknowledged: the broker sends it again on the next connection.
      failed: (error) => end(['not-stored', messageOf(error)]),
    });
    client.handleMessage = (packet, callback) => {
      const { qos, messageId } = packet;
      if (qos === 2) {
        this.#options.message(packet).then(
          () => callback(),
          (error: unknown) => end(['not-stored', messageOf(error)]),
        );
        return;
      }
      // To mqtt.js an error means: go on with the next packet, and do not acknowledge this one.
      const goOn = () => (qos === 0 ? callback() : callback(acknowledgedByWindow));
      window.add(qos === 0 ? undefined : messageId, this.#options.message(packet), goOn);
    };
    client.on('error', (error) => {
      const refused = 'code' in error && typeof error.code === 'number';
      end([refused ? 'broker-refused' : 'broker-unreachable', error.message || String(error)]);
    });
    client.on('disconnect', ({ reasonCode }) => {
      end(['broker-refused', `the broker ended the connection, reason code ${reasonCode ?? 0}`]);
    });
    client.on('close', () => end(['broker-unreachable', 'the connection was closed']));
  }

  #opened(client: MqttClient): boolean {
    if (this.#reopening.isStopped || !client.connected) {
      return false;
    }
    this.#client = client;
    this.#reopening.state = 'connected';
    this.#reopening.detail = 'connected';
    this.#options.counters.add('connects');
    return true;
  }
}

/** Says goodbye where the broker is still there, but waits for it only so long. */
async function release(client: MqttClient, politely: boolean): Promise<void> {
  const closed = new Promise<void>((resolve) => client.end(!politely, {}, () => resolve()));
  const late = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMilliseconds).unref());
  await Promise.race([closed, late]);
  client.stream?.destroy();
}

/** PUBACK, the same in MQTT 3.1.1 and 5 where it says nothing but success. */
function pubacksOf(packetIds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(packetIds.length * 4);
  for (const [index, packetId] of packetIds.entries()) {
    bytes.writeUInt16BE(0x4002, index * 4);
    bytes.writeUInt16BE(packetId, index * 4 + 2);
  }
  return bytes;
}

export function notAcknowledged(topic: string): AndonError {
  return new AndonError({
    code: 'mqtt-client.not-acknowledged',
    message: commandReason('broker-not-acknowledged', { topic }),
    nextStep: 'It is tried again; look whether the broker still answers.',
    status: 503,
  });
}
