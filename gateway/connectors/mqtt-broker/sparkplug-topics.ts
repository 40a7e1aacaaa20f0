import {
  type Command,
  commandReason,
  plainParameter,
  type SignalValue,
  type SparkplugSettings,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { ConnectorContext } from '../connector.ts';
import type { ConnectorShell } from '../shell.ts';
import { showPayload, showSent } from '../show-payload.ts';
import { applyEffects, isCommandFilter, SparkplugHost, stateTopic } from '../sparkplug/index.ts';
import type { OtherTopics } from './mapped-topics.ts';

export interface SparkplugTopicsOptions {
  readonly context: ConnectorContext;
  readonly shell: ConnectorShell;
  unreadable(deviceId: string, reason: string, detail: string): void;
  /** To whichever connection subscribed to it. */
  publish(topic: string, payload: Buffer): void;
  /** Does a connection of this device listen there? */
  listens(deviceId: string, topic: string): boolean;
}

/** The topics of the Sparkplug edge nodes that sign in to the broker. */
export class SparkplugTopics implements OtherTopics {
  readonly #settings: SparkplugSettings;
  readonly #options: SparkplugTopicsOptions;
  readonly #host: SparkplugHost;

  constructor(settings: SparkplugSettings, options: SparkplugTopicsOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#host = new SparkplugHost(settings);
  }

  mayPublish(publisher: string, topic: string): boolean {
    const node = this.#host.nodeOf(topic);
    return node !== undefined && (node.publisher ?? node.deviceId) === publisher;
  }

  maySubscribe(publisher: string, filter: string): boolean {
    const { hostId, nodes } = this.#settings;
    const own = nodes.filter((node) => (node.publisher ?? node.deviceId) === publisher);
    return (
      own.some((node) => isCommandFilter(node, filter)) ||
      (own.length > 0 && hostId !== undefined && filter === stateTopic(hostId))
    );
  }

  async consume(publisher: string, topic: string, payload: Uint8Array): Promise<void> {
    const { context, unreadable } = this.#options;
    const shown = new Set<string>();
    await applyEffects(this.#host.receive(topic, payload, this.#moment()), {
      isTaken: (deviceId) => context.device(deviceId) !== undefined,
      ingest: (message) => {
        showPayload(context, shown, message.deviceId, payload);
        return context.ingest(message);
      },
      deviceStatus: (status) => context.deviceStatus(status),
      refuse: (reason, detail) => unreadable(publisher, reason, detail.slice(0, 120)),
      publish: (commandTopic, command) => this.#options.publish(commandTopic, command),
    });
  }

  serves(deviceId: string): boolean {
    return this.#host.serves(deviceId);
  }

  /** A set-point, a reboot, or a command that is the name of a metric. */
  async execute(
    command: Command,
  ): Promise<{ status: 'delivered' | 'succeeded' | 'rejected'; reason?: string }> {
    const { deviceId, name, parameters } = command;
    const isSetPoint = name === 'set-point' && typeof parameters.point === 'string';
    const point = isSetPoint ? String(parameters.point) : name;
    const refusal = this.#send(deviceId, point, plainParameter(parameters, 'value') ?? null);
    if (refusal !== undefined) {
      return { status: 'rejected', reason: refusal };
    }
    // Nothing more is heard of a written metric than its next value; a reboot shows by a birth.
    return { status: name === 'reboot' ? 'delivered' : 'succeeded' };
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    const refusal = this.#send(deviceId, point, value);
    if (refusal !== undefined) {
      throw new AndonError({
        code: 'mqtt-broker.sparkplug-not-writable',
        message: `The metric ${point} of ${deviceId} cannot be written: ${refusal}.`,
        nextStep: 'List it as writable at its node, with a value that its data type can hold.',
        field: 'point',
      });
    }
  }

  /** Throws where the node does not listen now; gives why the order makes no sense. */
  #send(deviceId: string, point: string, value: SignalValue): string | undefined {
    const order = this.#host.order(deviceId, point, value, this.#options.shell.clock.now());
    if ('refusal' in order) {
      return order.refusal;
    }
    if (order.publisher === undefined || !this.#options.listens(order.publisher, order.topic)) {
      throw new AndonError({
        code: 'mqtt-broker.sparkplug-not-listening',
        message: commandReason('node-not-listening', { device: deviceId, topic: order.topic }),
        nextStep: 'It is tried again until the command expires; look whether the node is connected.',
        status: 503,
      });
    }
    showSent(this.#options.context, deviceId, order.payload);
    this.#options.publish(order.topic, order.payload);
    return undefined;
  }

  #moment() {
    const { clock } = this.#options.shell;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }
}
