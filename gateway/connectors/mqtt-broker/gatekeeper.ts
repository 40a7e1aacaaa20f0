import { setTimeout } from 'node:timers/promises';
import type { Aedes, AedesOptions, AedesPublishPacket, Client, ConnectPacket, PublishPacket } from 'aedes';
import type { ConnectorContext } from '../connector.ts';
import type { Counters } from '../counters.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import type { ConnectorShell } from '../shell.ts';
import { CommandDelivery } from './command-delivery.ts';
import type { Connection } from './connection.ts';
import { DeviceRate } from './device-rate.ts';
import { DeviceSessions } from './device-sessions.ts';
import type { BrokerLimits } from './limits.ts';
import type { OtherTopics } from './mapped-topics.ts';
import { consume, PublicationRefused, type PublicationSink } from './publication.ts';
import { CleanClients, RedeliveryTracker } from './redelivery.ts';
import { authenticationRefusal, identify } from './sign-in.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { deviceTopic, maySubscribe } from './topic-rules.ts';

export interface GatekeeperOptions {
  /** Names the broker in what it refuses. */
  readonly source: string;
  readonly limits: BrokerLimits;
  readonly context: ConnectorContext;
  readonly shell: ConnectorShell;
  readonly counters: Counters;
  /** Makes what consumes publications that are not on `devices/…`. */
  readonly otherTopics?: (unreadable: PublicationSink['unreadable']) => readonly OtherTopics[];
}

type Handlers = Pick<
  AedesOptions,
  'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'
>;

/** Decides for each client who it is, and what it may publish and read; and consumes what it publishes. */
export class Gatekeeper {
  readonly commands: CommandDelivery;
  readonly sessions: DeviceSessions;
  readonly #options: GatekeeperOptions;
  /** Outlives the connection: a last will is published when it is closed already. */
  readonly #byClient = new WeakMap<Client, Connection>();
  readonly #cleanClients = new CleanClients();
  readonly #sink: PublicationSink;
  readonly #otherTopics: readonly OtherTopics[];
  readonly #rate: DeviceRate | undefined;
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    const { context, limits } = options;
    const { messagesPerSecondPerDeviceMax } = limits;
    this.#rate =
      messagesPerSecondPerDeviceMax === undefined ? undefined : new DeviceRate(messagesPerSecondPerDeviceMax);
    this.commands = new CommandDelivery((deviceId, bytes) =>
      context.frame?.({ deviceId, direction: 'sent', bytes, isMessage: true }),
    );
    this.sessions = new DeviceSessions(context, (error) => this.#notStored(error));
    this.#sink = {
      ingest: (message) => context.ingest(message),
      frame: (deviceId, bytes) =>
        context.frame?.({ deviceId, direction: 'received', bytes, isMessage: true }),
      status: (deviceId, status) => this.sessions.said(deviceId, status),
      result: async (deviceId, commandId, { status, reason, result }) => {
        this.commands.answered(deviceId, commandId);
        await context.commandResult({
          deviceId,
          commandId,
          status,
          ...(reason === undefined ? {} : { reason }),
          ...(result === undefined ? {} : { result }),
        });
      },
      unreadable: (deviceId, reason, detail) => this.refuse(reason, deviceId, detail),
      now: () => options.shell.clock.now(),
    };
    this.#otherTopics = options.otherTopics?.(this.#sink.unreadable) ?? [];
  }

  /** What aedes asks. */
  handlers(): Handlers {
    return {
      preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
      authenticate: (client, userName, password, done) => {
        const refusal = this.#signIn(client, userName, password);
        done(refusal === undefined ? null : authenticationRefusal(refusal), refusal === undefined);
      },
      authorizePublish: (client, packet, done) => this.#published(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null),
      authorizeForward: (client, packet) => this.#forward(client, packet),
    };
  }

  opened(connection: Connection): void {
    this.#byClient.set(connection.client, connection);
  }

  #connectionOf(client: Client | null): Connection | undefined {
    return client === null ? undefined : this.#byClient.get(client);
  }

  /** Its socket is closed. */
  closed(connection: Connection): void {
    this.commands.closed(connection);
    const { signedIn, guard } = connection;
    if (signedIn === undefined) {
      return;
    }
    if (guard.disconnected) {
      this.#cleanClients.left(signedIn.clientId);
    }
    const reason = connection.endReason ?? (guard.disconnected ? 'disconnected' : 'connection-lost');
    this.sessions.closed(signedIn.deviceId, connection, reason);
  }

  /** Follows what becomes of clients. */
  follow(aedes: Aedes): void {
    // Before CONNACK, so that a device which was told that it is connected is.
    aedes.on('client', (client) => {
      const connection = this.#connectionOf(client);
      if (connection?.signedIn !== undefined) {
        this.sessions.opened(connection.signedIn.deviceId, connection);
      }
    });
    aedes.on('clientReady', (client) => {
      const connection = this.#connectionOf(client);
      connection?.guard.signedIn(this.#intakeOf(connection));
    });
    aedes.on('subscribe', (subscriptions, client) => {
      for (const { topic, qos } of subscriptions) {
        // A refused one is here too, with the failure code in place of its QoS.
        if (qos <= 2) {
          this.#connectionOf(client)?.subscriptions.set(topic, qos);
        }
      }
    });
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) {
        this.#connectionOf(client)?.subscriptions.delete(filter);
      }
    });
    aedes.on('ack', (packet, client) => {
      const connection = this.#connectionOf(client);
      if (connection !== undefined && packet?.messageId !== undefined) {
        this.commands.acknowledged(connection, packet.messageId);
      }
    });
    aedes.on('clientError', (client, error) => this.#connectionFailed(client, error));
    aedes.on('connectionError', (client, error) => this.#connectionFailed(client, error));
  }

  /** Sessions are always clean (see `VolatilePersistence`); MQTT 3.1.1 lets a server forget one and say so. */
  #preConnect(
    client: Client,
    packet: ConnectPacket,
    done: (error: Error | null, success: boolean) => void,
  ): void {
    packet.clean = true;
    const connection = this.#connectionOf(client);
    if (connection !== undefined) {
      connection.willTopic = packet.will?.topic;
      this.#keepAlive(connection, packet);
    }
    done(null, true);
  }

  /** The guard keeps the time, as aedes does not see telemetry. One and a half times what was asked for (3.1.2.10). */
  #keepAlive(connection: Connection, packet: ConnectPacket): void {
    const seconds = packet.keepalive ?? 0;
    packet.keepalive = 0;
    if (seconds > 0) {
      connection.guard.keepAlive(seconds * 1500, () => connection.end('keep-alive-timeout'));
    }
  }

  /** Where each device's rate is limited, aedes hands over its telemetry, one publication after the other. */
  #intakeOf(connection: Connection): TelemetryIntake | undefined {
    const { signedIn } = connection;
    if (signedIn === undefined || this.#rate !== undefined) {
      return undefined;
    }
    const { counters, limits } = this.#options;
    return new TelemetryIntake({
      deviceId: signedIn.deviceId,
      redelivery: signedIn.redelivery,
      sink: this.#sink,
      payloadBytesMax: limits.payloadBytesMax,
      accepted: (publications) => counters.add('publishesAccepted', publications),
      failed: (error, mustEnd) => {
        this.#notStored(error);
        if (mustEnd) {
          connection.end('not-stored');
        }
      },
    });
  }

  #signIn(client: Client, userName: string | undefined, password: Buffer | undefined): string | undefined {
    const connection = this.#connectionOf(client);
    if (connection === undefined) {
      return 'connect-failed';
    }
    const { context } = this.#options;
    const identity = identify(userName, password, connection.certificate, (id) => context.device(id));
    const { deviceId } = identity;
    const known = context.device(deviceId) !== undefined;
    const refusal = identity.refusal ?? this.#sessionRefusal(connection, deviceId);
    if (refusal !== undefined) {
      this.refuse(refusal, known ? deviceId : undefined, undefined);
      return refusal;
    }
    // A client id is only unique within its device, so that no device can throw out another's client.
    const clientId = `${deviceId}/${client.id}`;
    client.id = clientId;
    const redelivery = new RedeliveryTracker(clientId, this.#cleanClients.returned(clientId));
    connection.signedIn = { deviceId, passwordSha256: identity.passwordSha256, clientId, redelivery };
    return undefined;
  }

  #sessionRefusal(connection: Connection, deviceId: string): string | undefined {
    if (this.sessions.of(deviceId).length >= this.#options.limits.connectionsPerDeviceMax) {
      return 'connections-per-device';
    }
    const { willTopic } = connection;
    return willTopic === undefined || this.#mayPublish(deviceId, willTopic)
      ? undefined
      : 'will-topic-not-allowed';
  }

  #mayPublish(deviceId: string, topic: string): boolean {
    return deviceTopic(deviceId, topic) !== undefined || this.#otherTopic(deviceId, topic) !== undefined;
  }

  #otherTopic(deviceId: string, topic: string): OtherTopics | undefined {
    return this.#otherTopics.find((other) => other.mayPublish(deviceId, topic));
  }

  #published(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const connection = this.#connectionOf(client);
    if (connection?.signedIn === undefined) {
      done(new PublicationRefused('nobody is signed in'));
      return;
    }
    const lastWill = connection.client.closed;
    const delay = lastWill ? 0 : this.#delayOf(connection.signedIn.deviceId);
    (delay > 0
      ? setTimeout(delay).then(() => this.#consume(connection, packet, lastWill))
      : this.#consume(connection, packet, lastWill)
    )
      .then(
        () => {
          this.#options.counters.add('publishesAccepted');
          done(null);
        },
        (error: unknown) => done(this.#publishFailed(packet, error)),
      )
      .finally(() => {
        if (!lastWill) {
          connection.guard.publishDone();
        }
      });
  }

  #delayOf(deviceId: string): number {
    const delay = this.#rate?.delay(deviceId, this.#options.shell.clock.monotonic()) ?? 0;
    if (delay > 0) {
      this.#options.counters.add('publishesDelayed');
    }
    return delay;
  }

  async #consume(connection: Connection, packet: PublishPacket, lastWill: boolean): Promise<void> {
    const { signedIn } = connection;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const topic = signedIn === undefined ? undefined : deviceTopic(signedIn.deviceId, packet.topic);
    const other =
      signedIn === undefined || topic !== undefined
        ? undefined
        : this.#otherTopic(signedIn.deviceId, packet.topic);
    if (signedIn === undefined || (topic === undefined && other === undefined)) {
      throw this.#end(connection, 'topic-not-allowed', packet.topic.slice(0, 120));
    }
    if (payload.length > this.#options.limits.payloadBytesMax) {
      throw this.#end(connection, 'payload-too-large', `${payload.length} bytes`);
    }
    const { deviceId, redelivery } = signedIn;
    const identity =
      packet.qos === 0 || packet.messageId === undefined
        ? undefined
        : redelivery.identify({ packetId: packet.messageId, dup: packet.dup, topic: packet.topic, payload });
    const sink: PublicationSink = lastWill
      ? { ...this.#sink, status: (_, status) => this.sessions.lastWill(deviceId, connection, status) }
      : this.#sink;
    if (topic === undefined) {
      await other?.consume(deviceId, packet.topic, payload, identity);
    } else {
      await consume(sink, deviceId, topic, payload, identity);
    }
    // It is consumed: aedes need neither hold it for QoS 2 nor retain it, for no device may read another's topics.
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
  }

  /** MQTT 3.1.1 has no negative acknowledgement, so who publishes where it must not is disconnected (3.3.5). */
  #end(connection: Connection, reason: string, detail: string): PublicationRefused {
    connection.endReason = reason;
    this.refuse(reason, connection.signedIn?.deviceId, detail);
    return new PublicationRefused(reason);
  }

  /** Not stored, so not acknowledged: the connection ends, and a client of QoS 1 or 2 sends again. */
  #publishFailed(packet: PublishPacket, error: unknown): Error | null {
    if (error instanceof PublicationRefused) {
      return error;
    }
    this.#notStored(error);
    return packet.qos === 0 ? null : new PublicationRefused('not stored', { cause: error });
  }

  #forward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const connection = this.#connectionOf(client);
    if (connection === undefined || connection.subscribedAt(packet.topic) === undefined) {
      return null;
    }
    if (packet.qos > 0) {
      packet.messageId = connection.nextPacketId();
      this.commands.sent(connection, packet.topic, packet.messageId);
    }
    return packet;
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const signedIn = this.#connectionOf(client)?.signedIn;
    const allowed =
      signedIn !== undefined &&
      (maySubscribe(signedIn.deviceId, filter) ||
        this.#otherTopics.some((other) => other.maySubscribe?.(signedIn.deviceId, filter) === true));
    if (!allowed) {
      this.refuse('subscription-not-allowed', signedIn?.deviceId, filter.slice(0, 120));
    }
    return allowed;
  }

  #connectionFailed(client: Client, error: Error & { code?: unknown; errorCode?: unknown }): void {
    const connection = this.#connectionOf(client);
    this.#options.counters.add('connectionErrors');
    const told = error instanceof PublicationRefused || connection?.endReason !== undefined;
    if (told || typeof error.code === 'string' || (error.errorCode !== undefined && error.errorCode !== 1)) {
      return;
    }
    if (error.message === 'connection closed') {
      return;
    }
    const reason = connection?.signedIn === undefined ? 'connect-failed' : 'protocol-error';
    if (connection !== undefined) {
      connection.endReason = reason;
    }
    this.refuse(reason, connection?.signedIn?.deviceId, error.message.slice(0, 120));
  }

  #notStored(error: unknown): void {
    this.#options.counters.add('notStored');
    const { shell } = this.#options;
    if (this.#notStoredTelling.due(shell.clock.monotonic())) {
      shell.logger?.error({ error }, 'What a device said could not be stored.');
    }
  }

  /** Counts what was refused, and says so. */
  refuse(reason: string, deviceId: string | undefined, detail: string | undefined): void {
    this.#options.counters.add(`refused.${reason}`);
    this.#options.context.reject({
      source: this.#options.source,
      reason,
      ...(deviceId === undefined ? {} : { deviceId }),
      ...(detail === undefined ? {} : { detail }),
    });
  }
}
