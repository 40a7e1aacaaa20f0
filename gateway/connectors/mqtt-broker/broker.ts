import { createServer, type Server, type Socket } from 'node:net';
import type { Command, MqttBrokerSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Aedes, type AedesPublishPacket, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import type { ConnectorContext, ConnectorHealth, ConnectorState } from '../connector.ts';
import { Counters } from '../counters.ts';
import type { ConnectorShell } from '../shell.ts';
import { CommandDelivery } from './command-delivery.ts';
import { Connection } from './connection.ts';
import { DeviceSessions } from './device-sessions.ts';
import type { MqttBrokerConnector } from './index.ts';
import { limits } from './limits.ts';
import type { FramingFault } from './packet-framing.ts';
import { PacketGuard } from './packet-guard.ts';
import { consume, PublicationRefused, type PublicationSink } from './publication.ts';
import { CleanClients, RedeliveryTracker } from './redelivery.ts';
import { authenticationRefusal, isPassword } from './sign-in.ts';
import { deviceTopic, maySubscribe } from './topic-rules.ts';
import { VolatilePersistence } from './volatile-persistence.ts';

const source = 'mqtt-broker';

export class MqttBroker implements MqttBrokerConnector {
  readonly name = source;
  readonly #settings: MqttBrokerSettings;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #counters = new Counters();
  readonly #connections = new Set<Connection>();
  /** Outlives the connection: a last will is published when it is closed already. */
  readonly #byClient = new WeakMap<Client, Connection>();
  readonly #sessions: DeviceSessions;
  readonly #commands = new CommandDelivery();
  readonly #cleanClients = new CleanClients();
  readonly #persistence = new VolatilePersistence();
  readonly #sink: PublicationSink;
  readonly #payloadBytesMax: number;
  #state: ConnectorState = 'starting';
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(settings: MqttBrokerSettings, context: ConnectorContext, shell: ConnectorShell) {
    this.#settings = settings;
    this.#context = context;
    this.#shell = shell;
    this.#payloadBytesMax = settings.payloadBytesMax ?? limits.payloadBytesMaxDefault;
    this.#sessions = new DeviceSessions(context, (error) => this.#notStored(error));
    this.#sink = {
      ingest: (message) => context.ingest(message),
      status: (deviceId, status) => this.#sessions.said(deviceId, status),
      result: async (deviceId, commandId, { status, reason, result }) => {
        this.#commands.answered(deviceId, commandId);
        await context.commandResult({
          deviceId,
          commandId,
          status,
          ...(reason === undefined ? {} : { reason }),
          ...(result === undefined ? {} : { result }),
        });
      },
      unreadable: (deviceId, reason, detail) => this.#refuse(reason, deviceId, detail),
    };
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker({
      persistence: this.#persistence,
      connectTimeout: limits.connectTimeoutMilliseconds,
      drainTimeout: limits.drainTimeoutMilliseconds,
      maxInflightInbound: limits.quality2InFlightMax,
      maxTopicLevels: limits.topicLevelsMax,
      preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
      authenticate: (client, userName, password, done) => {
        const refusal = this.#signIn(client, userName, password);
        done(refusal === undefined ? null : authenticationRefusal(refusal), refusal === undefined);
      },
      authorizePublish: (client, packet, done) => this.#published(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null),
      authorizeForward: (client, packet) => this.#forward(client, packet),
    });
    this.#aedes = aedes;
    this.#listenToBroker(aedes);
    await this.#listen(aedes);
    this.#state = 'connected';
    this.#shell.logger?.info({ ...this.address() }, 'The MQTT broker listens.');
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    const server = this.#server;
    const closed = server?.listening
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined;
    for (const connection of this.#connections) {
      connection.end('gateway-stopped');
    }
    const aedes = this.#aedes;
    if (aedes !== undefined && !aedes.closed) {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    }
    await closed;
  }

  address(): { host: string; port: number } | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null
      ? { host: address.address, port: address.port }
      : undefined;
  }

  health(): ConnectorHealth {
    const address = this.address();
    const where =
      address === undefined ? 'not listening' : `listens on ${address.host}, port ${address.port}`;
    const counters = { ...this.#counters.all(), connections: this.#connections.size };
    return {
      state: this.#state,
      detail: `${where}; ${this.#sessions.devicesConnected} devices connected`,
      counters,
    };
  }

  serves(deviceId: string): boolean {
    return this.#context.device(deviceId)?.mqttPasswordSha256 !== undefined;
  }

  async execute(command: Command): Promise<{ status: 'delivered' }> {
    await this.#commands.deliver(this.#sessions.of(command.deviceId), command);
    this.#counters.add('commandsDelivered');
    return { status: 'delivered' };
  }

  async write(deviceId: string, point: string): Promise<void> {
    throw new AndonError({
      code: 'mqtt-broker.not-writable',
      message: `The device ${deviceId} is reached by MQTT, which has no writable point ${point}.`,
      nextStep: 'Use an action of the type publish, on one of its command topics.',
    });
  }

  async publish(topic: string, payload: string, retain: boolean): Promise<void> {
    const aedes = this.#aedes;
    if (aedes === undefined || aedes.closed) {
      throw new AndonError({
        code: 'mqtt-broker.not-running',
        message: 'The MQTT broker is not running.',
        nextStep: 'Look at the status page for why it did not start.',
      });
    }
    if (retain && payload.length > 0 && !this.#persistence.hasRoomFor(topic)) {
      throw new AndonError({
        code: 'mqtt-broker.retained-limit',
        message: `${limits.retainedTopicsMax} topics hold a retained message already.`,
        nextStep: 'Publish without retain, or use fewer topics.',
      });
    }
    await new Promise<void>((resolve, reject) => {
      aedes.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#counters.add('messagesPublished');
  }

  refreshDevice(deviceId: string): void {
    const wanted = this.#context.device(deviceId)?.mqttPasswordSha256;
    for (const connection of this.#connections) {
      const { signedIn } = connection;
      if (signedIn?.deviceId === deviceId && signedIn.passwordSha256 !== wanted) {
        this.#counters.add('connectionsRevoked');
        connection.end('credentials-changed');
      }
    }
  }

  #listen(aedes: Aedes): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Half-open, so that what a client sent before its end is still read when the socket itself is done.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(aedes, socket),
    );
    server.maxConnections = this.#settings.connectionsMax ?? limits.connectionsMaxDefault;
    server.on('drop', () => this.#refuse('connections-limit', undefined, undefined));
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#state = 'waiting';
      reject(listenFailed(error, this.#settings.port ?? limits.portDefault));
    });
    server.listen({ host: this.#settings.host, port: this.#settings.port ?? limits.portDefault }, resolve);
    this.#server = server;
    return promise;
  }

  #accept(aedes: Aedes, socket: Socket): void {
    socket.setKeepAlive(true, limits.tcpKeepAliveMilliseconds);
    let connection: Connection | undefined;
    const guard = new PacketGuard(socket, {
      publishesInFlightMax: limits.publishesInFlightMax,
      connectBytesMax: limits.connectBytesMax,
      controlBytesMax: limits.controlBytesMax,
      publishBytesMax: this.#payloadBytesMax + limits.publishOverheadBytesMax,
      refused: (fault: FramingFault) => {
        if (connection !== undefined) {
          connection.endReason = fault;
        }
        this.#refuse(fault, connection?.signedIn?.deviceId, socket.remoteAddress);
      },
    });
    const opened = new Connection(aedes.handle(guard), guard);
    connection = opened;
    this.#connections.add(opened);
    this.#byClient.set(opened.client, opened);
    this.#counters.add('connectionsAccepted');
    guard.once('close', () => this.#closed(opened));
  }

  #connectionOf(client: Client | null): Connection | undefined {
    return client === null ? undefined : this.#byClient.get(client);
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#commands.closed(connection);
    const { signedIn, guard } = connection;
    if (signedIn === undefined) {
      return;
    }
    if (guard.disconnected) {
      this.#cleanClients.left(signedIn.clientId);
    }
    const reason = connection.endReason ?? (guard.disconnected ? 'disconnected' : 'connection-lost');
    this.#sessions.closed(signedIn.deviceId, connection, reason);
  }

  #listenToBroker(aedes: Aedes): void {
    // Before CONNACK, so that a device which was told that it is connected is.
    aedes.on('client', (client) => {
      const connection = this.#connectionOf(client);
      if (connection?.signedIn !== undefined) {
        this.#sessions.opened(connection.signedIn.deviceId, connection);
      }
    });
    aedes.on('clientReady', (client) => this.#connectionOf(client)?.guard.signedIn());
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
        this.#commands.acknowledged(connection, packet.messageId);
      }
    });
    aedes.on('keepaliveTimeout', (client) => {
      const connection = this.#connectionOf(client);
      if (connection !== undefined) {
        connection.endReason = 'keep-alive-timeout';
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
    }
    done(null, true);
  }

  #signIn(client: Client, deviceId = '', password: Buffer | undefined): string | undefined {
    const connection = this.#connectionOf(client);
    const passwordSha256 = this.#context.device(deviceId)?.mqttPasswordSha256;
    const known = this.#context.device(deviceId) !== undefined;
    const refused = (reason: string): string => {
      this.#refuse(reason, known ? deviceId : undefined, undefined);
      return reason;
    };
    if (!isPassword(password, passwordSha256) || passwordSha256 === undefined || connection === undefined) {
      return refused(known ? 'wrong-password' : 'unknown-device');
    }
    if (this.#sessions.of(deviceId).length >= limits.connectionsPerDeviceMax) {
      return refused('connections-per-device');
    }
    if (connection.willTopic !== undefined && deviceTopic(deviceId, connection.willTopic) === undefined) {
      return refused('will-topic-not-allowed');
    }
    // A client id is only unique within its device, so that no device can throw out another's client.
    const clientId = `${deviceId}/${client.id}`;
    client.id = clientId;
    const redelivery = new RedeliveryTracker(clientId, this.#cleanClients.returned(clientId));
    connection.signedIn = { deviceId, passwordSha256, clientId, redelivery };
    return undefined;
  }

  #published(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const connection = this.#connectionOf(client);
    if (connection?.signedIn === undefined) {
      done(new PublicationRefused('nobody is signed in'));
      return;
    }
    const lastWill = connection.client.closed;
    this.#consume(connection, packet, lastWill)
      .then(
        () => {
          this.#counters.add('publishesAccepted');
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

  async #consume(connection: Connection, packet: PublishPacket, lastWill: boolean): Promise<void> {
    const { signedIn } = connection;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const topic = signedIn === undefined ? undefined : deviceTopic(signedIn.deviceId, packet.topic);
    if (signedIn === undefined || topic === undefined) {
      throw this.#end(connection, 'topic-not-allowed', packet.topic.slice(0, 120));
    }
    if (payload.length > this.#payloadBytesMax) {
      throw this.#end(connection, 'payload-too-large', `${payload.length} bytes`);
    }
    const { deviceId, redelivery } = signedIn;
    const identity =
      packet.qos === 0 || packet.messageId === undefined
        ? undefined
        : redelivery.identify({ packetId: packet.messageId, dup: packet.dup, topic: packet.topic, payload });
    const sink: PublicationSink = lastWill
      ? { ...this.#sink, status: (_, status) => this.#sessions.lastWill(deviceId, connection, status) }
      : this.#sink;
    await consume(sink, deviceId, topic, payload, identity);
    // It is consumed: aedes need neither hold it for QoS 2 nor retain it, for no device may read another's topics.
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
  }

  /** MQTT 3.1.1 has no negative acknowledgement, so who publishes where it must not is disconnected (3.3.5). */
  #end(connection: Connection, reason: string, detail: string): PublicationRefused {
    connection.endReason = reason;
    this.#refuse(reason, connection.signedIn?.deviceId, detail);
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
      this.#commands.sent(connection, packet.topic, packet.messageId);
    }
    return packet;
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const signedIn = this.#connectionOf(client)?.signedIn;
    const allowed = signedIn !== undefined && maySubscribe(signedIn.deviceId, filter);
    if (!allowed) {
      this.#refuse('subscription-not-allowed', signedIn?.deviceId, filter.slice(0, 120));
    }
    return allowed;
  }

  #connectionFailed(client: Client, error: Error & { code?: unknown; errorCode?: unknown }): void {
    const connection = this.#connectionOf(client);
    this.#counters.add('connectionErrors');
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
    this.#refuse(reason, connection?.signedIn?.deviceId, error.message.slice(0, 120));
  }

  #notStored(error: unknown): void {
    this.#counters.add('notStored');
    this.#shell.logger?.error({ error }, 'What a device said could not be stored.');
  }

  #refuse(reason: string, deviceId: string | undefined, detail: string | undefined): void {
    this.#counters.add(`refused.${reason}`);
    this.#context.reject({
      source,
      reason,
      ...(deviceId === undefined ? {} : { deviceId }),
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

function listenFailed(error: NodeJS.ErrnoException, port: number): AndonError {
  return error.code === 'EADDRINUSE'
    ? new AndonError({
        code: 'mqtt-broker.port-in-use',
        message: `Another program listens on port ${port}, where the MQTT broker should.`,
        nextStep: 'Stop it, or give the broker another port (mqttBroker.port, ANDON_MQTT_PORT).',
        cause: error,
      })
    : new AndonError({
        code: 'mqtt-broker.cannot-listen',
        message: `The MQTT broker cannot listen on port ${port}: ${error.message}`,
        nextStep: 'Check the host and port of mqttBroker in the configuration.',
        cause: error,
      });
}
