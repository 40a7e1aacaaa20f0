import type { Socket } from 'node:net';
import {
  type Command,
  commandReason,
  type MqttBrokerSettings,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Aedes } from 'aedes';
import type { ConnectorContext, ConnectorHealth, ConnectorState } from '../connector.ts';
import { Counters } from '../counters.ts';
import type { ConnectorShell } from '../shell.ts';
import { statePayload, stateTopic } from '../sparkplug/index.ts';
import { certificateOf } from './certificate.ts';
import { Connection } from './connection.ts';
import { DesiredProperties } from './desired-properties.ts';
import { Gatekeeper } from './gatekeeper.ts';
import type { MqttBrokerConnector } from './index.ts';
import { type BrokerLimits, limits, limitsOf } from './limits.ts';
import { Listeners } from './listeners.ts';
import { MappedTopics, type OtherTopics } from './mapped-topics.ts';
import type { FramingFault } from './packet-framing.ts';
import { PacketGuard } from './packet-guard.ts';
import { SparkplugTopics } from './sparkplug-topics.ts';
import { VolatilePersistence } from './volatile-persistence.ts';

const source = 'mqtt-broker';

export class MqttBroker implements MqttBrokerConnector {
  readonly name = source;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #counters = new Counters();
  readonly #connections = new Set<Connection>();
  readonly #gatekeeper: Gatekeeper;
  readonly #persistence: VolatilePersistence;
  readonly #desired: DesiredProperties;
  readonly #limits: BrokerLimits;
  #state: ConnectorState = 'starting';
  #aedes: Aedes | undefined;
  readonly #listeners: Listeners;
  readonly #hostId: string | undefined;
  #sparkplug: SparkplugTopics | undefined;

  constructor(settings: MqttBrokerSettings, context: ConnectorContext, shell: ConnectorShell) {
    this.#context = context;
    this.#shell = shell;
    this.#limits = limitsOf(settings);
    this.#hostId = settings.sparkplug?.hostId;
    this.#desired = new DesiredProperties((deviceId) => context.device(deviceId));
    this.#persistence = new VolatilePersistence(this.#limits.retainedTopicsMax, (topic) =>
      this.#desired.on(topic),
    );
    this.#gatekeeper = new Gatekeeper({
      source,
      limits: this.#limits,
      context,
      shell,
      counters: this.#counters,
      otherTopics: (unreadable) => this.#makeOtherTopics(settings, unreadable),
    });
    this.#listeners = new Listeners({
      settings,
      shell,
      connectionsMax: this.#limits.connectionsMax,
      accept: (socket) => this.#accept(socket),
      refused: (reason, detail) => this.#gatekeeper.refuse(reason, undefined, detail),
      certificatesChanged: (taken) =>
        this.#counters.add(taken ? 'certificatesReloaded' : 'certificatesUnusable'),
    });
  }

  #makeOtherTopics(
    settings: MqttBrokerSettings,
    unreadable: (deviceId: string, reason: string, detail: string) => void,
  ): OtherTopics[] {
    const context = this.#context;
    const shell = this.#shell;
    const mapped = new MappedTopics(settings.mappings ?? [], {
      context,
      unreadable,
      now: () => shell.clock.now(),
    });
    if (settings.sparkplug === undefined) {
      return [mapped];
    }
    this.#sparkplug = new SparkplugTopics(settings.sparkplug, {
      context,
      shell,
      unreadable,
      publish: (topic, payload) => this.#forward(topic, payload, 0, 'sparkplugCommands'),
      listens: (deviceId, topic) =>
        this.#gatekeeper.sessions
          .of(deviceId)
          .some((connection) => connection.subscribedAt(topic) !== undefined),
    });
    return [this.#sparkplug, mapped];
  }

  /** To whoever is subscribed now. Sparkplug's commands have QoS 0. */
  #forward(topic: string, payload: Buffer | string, qos: 0 | 1, counter: string): void {
    this.#aedes?.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, () =>
      this.#counters.add(counter),
    );
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker({
      persistence: this.#persistence,
      connectTimeout: limits.connectTimeoutMilliseconds,
      drainTimeout: limits.drainTimeoutMilliseconds,
      maxInflightInbound: limits.quality2InFlightMax,
      maxTopicLevels: this.#limits.topicLevelsMax,
      ...this.#gatekeeper.handlers(),
    });
    this.#aedes = aedes;
    this.#gatekeeper.follow(aedes);
    try {
      await this.#listeners.start();
    } catch (error) {
      this.#state = 'waiting';
      throw error;
    }
    if (this.#hostId !== undefined) {
      const payload = statePayload(true, this.#shell.clock.now());
      await this.publish(stateTopic(this.#hostId), payload, true);
    }
    this.#state = 'connected';
    const { tls, ...plain } = { ...this.address(), tls: this.tlsAddress() };
    this.#shell.logger?.info({ ...plain, ...(tls && { tls }) }, 'The MQTT broker listens.');
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    const closed = this.#listeners.stop();
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
    return this.#listeners.address();
  }

  tlsAddress(): { host: string; port: number } | undefined {
    return this.#listeners.tlsAddress();
  }

  health(): ConnectorHealth {
    const places = [...placeOf(this.address(), ''), ...placeOf(this.tlsAddress(), ' with TLS')];
    const where = places.length === 0 ? 'not listening' : `listens on ${places.join(' and ')}`;
    const counters = { ...this.#counters.all(), connections: this.#connections.size };
    return {
      state: this.#state,
      detail: `${where}; ${this.#gatekeeper.sessions.devicesConnected} devices connected`,
      counters,
    };
  }

  serves(deviceId: string): boolean {
    return (
      this.#context.device(deviceId)?.mqttPasswordSha256 !== undefined ||
      this.#gatekeeper.sessions.of(deviceId).length > 0 ||
      this.#sparkplug?.serves(deviceId) === true
    );
  }

  async execute(
    command: Command,
  ): Promise<{ status: 'delivered' | 'succeeded' | 'rejected'; reason?: string }> {
    if (this.#sparkplug?.serves(command.deviceId) === true) {
      return await this.#sparkplug.execute(command);
    }
    const { commands, sessions } = this.#gatekeeper;
    const { unconfirmed } = await commands.deliver(sessions.of(command.deviceId), command);
    if (unconfirmed !== undefined) {
      this.#counters.add('commandsUnconfirmed');
      return { status: 'delivered', reason: commandReason('unconfirmed', { cause: unconfirmed }) };
    }
    this.#counters.add('commandsDelivered');
    return { status: 'delivered' };
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    if (this.#sparkplug?.serves(deviceId) === true) {
      await this.#sparkplug.write(deviceId, point, value);
      return;
    }
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
        message: `${this.#limits.retainedTopicsMax} topics hold a retained message already.`,
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
    const device = this.#context.device(deviceId);
    for (const connection of this.#connections) {
      const { signedIn } = connection;
      const ended =
        device === undefined ||
        (signedIn?.passwordSha256 !== undefined && signedIn.passwordSha256 !== device.mqttPasswordSha256);
      if (signedIn?.deviceId === deviceId && ended) {
        this.#counters.add('connectionsRevoked');
        connection.end('credentials-changed');
      }
    }
    const news = this.#desired.news(deviceId);
    if (news !== undefined) {
      this.#forward(news.topic, news.payload, 1, 'desiredPropertiesSent');
    }
  }

  #accept(socket: Socket): void {
    const aedes = this.#aedes;
    if (aedes === undefined || this.#connections.size >= this.#limits.connectionsMax) {
      // Each port counts its own; together they may not have more.
      this.#gatekeeper.refuse('connections-limit', undefined, undefined);
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, limits.tcpKeepAliveMilliseconds);
    let connection: Connection | undefined;
    const guard = new PacketGuard(socket, {
      publishesInFlightMax: this.#limits.publishesInFlightMax,
      connectBytesMax: limits.connectBytesMax,
      controlBytesMax: limits.controlBytesMax,
      drainTimeoutMilliseconds: limits.drainTimeoutMilliseconds,
      publishBytesMax: this.#limits.payloadBytesMax + limits.publishOverheadBytesMax,
      refused: (fault: FramingFault) => {
        if (connection !== undefined) {
          connection.endReason = fault;
        }
        this.#gatekeeper.refuse(fault, connection?.signedIn?.deviceId, socket.remoteAddress);
      },
    });
    const opened = new Connection(aedes.handle(guard), guard, certificateOf(socket));
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

function placeOf(address: { host: string; port: number } | undefined, how: string): string[] {
  return address === undefined ? [] : [`${address.host}, port ${address.port}${how}`];
}
