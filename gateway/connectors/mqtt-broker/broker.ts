import { createServer, type Server, type Socket } from 'node:net';
import type { Command, MqttBrokerSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Aedes } from 'aedes';
import type { ConnectorContext, ConnectorHealth, ConnectorState } from '../connector.ts';
import { Counters } from '../counters.ts';
import type { ConnectorShell } from '../shell.ts';
import { Connection } from './connection.ts';
import { Gatekeeper } from './gatekeeper.ts';
import type { MqttBrokerConnector } from './index.ts';
import { limits } from './limits.ts';
import { MappedTopics } from './mapped-topics.ts';
import type { FramingFault } from './packet-framing.ts';
import { PacketGuard } from './packet-guard.ts';
import { VolatilePersistence } from './volatile-persistence.ts';

const source = 'mqtt-broker';

export class MqttBroker implements MqttBrokerConnector {
  readonly name = source;
  readonly #settings: MqttBrokerSettings;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #counters = new Counters();
  readonly #connections = new Set<Connection>();
  readonly #gatekeeper: Gatekeeper;
  readonly #persistence = new VolatilePersistence();
  readonly #payloadBytesMax: number;
  #state: ConnectorState = 'starting';
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(settings: MqttBrokerSettings, context: ConnectorContext, shell: ConnectorShell) {
    this.#settings = settings;
    this.#context = context;
    this.#shell = shell;
    this.#payloadBytesMax = settings.payloadBytesMax ?? limits.payloadBytesMaxDefault;
    this.#gatekeeper = new Gatekeeper({
      source,
      payloadBytesMax: this.#payloadBytesMax,
      context,
      shell,
      counters: this.#counters,
      otherTopics: (unreadable) => [
        new MappedTopics(settings.mappings ?? [], { context, unreadable, now: () => shell.clock.now() }),
      ],
    });
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker({
      persistence: this.#persistence,
      connectTimeout: limits.connectTimeoutMilliseconds,
      drainTimeout: limits.drainTimeoutMilliseconds,
      maxInflightInbound: limits.quality2InFlightMax,
      maxTopicLevels: limits.topicLevelsMax,
      ...this.#gatekeeper.handlers(),
    });
    this.#aedes = aedes;
    this.#gatekeeper.follow(aedes);
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
      detail: `${where}; ${this.#gatekeeper.sessions.devicesConnected} devices connected`,
      counters,
    };
  }

  serves(deviceId: string): boolean {
    return this.#context.device(deviceId)?.mqttPasswordSha256 !== undefined;
  }

  async execute(command: Command): Promise<{ status: 'delivered'; reason?: string }> {
    const { commands, sessions } = this.#gatekeeper;
    const { unconfirmed } = await commands.deliver(sessions.of(command.deviceId), command);
    if (unconfirmed !== undefined) {
      this.#counters.add('commandsUnconfirmed');
      return { status: 'delivered', reason: `unconfirmed: ${unconfirmed}` };
    }
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
    server.on('drop', () => this.#gatekeeper.refuse('connections-limit', undefined, undefined));
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
        this.#gatekeeper.refuse(fault, connection?.signedIn?.deviceId, socket.remoteAddress);
      },
    });
    const opened = new Connection(aedes.handle(guard), guard);
    connection = opened;
    this.#connections.add(opened);
    this.#gatekeeper.opened(opened);
    this.#counters.add('connectionsAccepted');
    guard.once('close', () => {
      this.#connections.delete(opened);
      this.#gatekeeper.closed(opened);
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
