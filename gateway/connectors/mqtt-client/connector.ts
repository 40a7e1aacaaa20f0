import {
  type Command,
  commandReason,
  mayBeRepeated,
  plainParameter,
  type MqttClientConnector as Settings,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type TopicNames, TopicPattern } from '@andon/shared/payload-mapping';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { Connector, ConnectorContext, ConnectorHealth, RawMessage } from '../connector.ts';
import { Counters } from '../counters.ts';
import { parseCommandResult } from '../mqtt-broker/status-payload.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import { type Loss, MappingTable, ServedDevices } from '../payload-mapping/index.ts';
import type { ConnectorShell } from '../shell.ts';
import { showPayload, showSent } from '../show-payload.ts';
import { applyEffects, SparkplugHost, statePayload, stateTopic } from '../sparkplug/index.ts';
import { BrokerLink, type LossReason, notAcknowledged } from './broker-link.ts';
import { ofUnknownAge, redeliveryOf } from './broker-marks.ts';
import { connectionOptions, payloadBytesMaxDefault } from './connection-options.ts';
import { fillIn, type Order, templateFor } from './templates.ts';

const storingMax = 64;
const detailLengthMax = 120;

/** Devices behind a broker that is not ours. */
export class MqttClientConnector implements Connector {
  readonly name: string;
  readonly #settings: Settings;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #counters = new Counters();
  readonly #table: MappingTable;
  readonly #results: TopicPattern | undefined;
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #devices: ServedDevices;
  readonly #sparkplug: SparkplugHost | undefined;
  readonly #link: BrokerLink;
  readonly #lossTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);
  #subscribed = false;
  #storing = 0;
  #writes = 0;

  constructor(settings: Settings, context: ConnectorContext, shell: ConnectorShell) {
    this.name = settings.name;
    this.#settings = settings;
    this.#context = context;
    this.#shell = shell;
    this.#table = new MappingTable(settings.mappings ?? []);
    this.#results = settings.results === undefined ? undefined : new TopicPattern(settings.results);
    this.#allowed = settings.devices === undefined ? undefined : new Set(settings.devices);
    this.#sparkplug = settings.sparkplug && new SparkplugHost(settings.sparkplug);
    this.#devices = new ServedDevices(context, settings.devices ?? []);
    this.#link = new BrokerLink({
      url: settings.url,
      shell,
      counters: this.#counters,
      connectOptions: () => connectionOptions(settings, shell.clock.now()),
      opened: (client, sessionPresent) => this.#opened(client, sessionPresent),
      message: (packet) => this.#message(packet),
      lost: (reason, detail) => this.#lost(reason, detail),
    });
  }

  async start(): Promise<void> {
    this.#link.start();
  }

  async stop(): Promise<void> {
    try {
      if (this.#link.state === 'connected') {
        await this.#sayState(false);
      }
    } finally {
      await this.#link.stop();
    }
  }

  health(): ConnectorHealth {
    return {
      state: this.#link.state,
      detail: `${this.#link.detail}; ${this.#devices.count} devices`,
      counters: this.#counters.all(),
    };
  }

  serves(deviceId: string): boolean {
    return this.#devices.has(deviceId) || this.#nodesOf(deviceId) !== undefined;
  }

  async execute(
    command: Command,
  ): Promise<{ status: 'delivered' | 'succeeded' | 'failed' | 'rejected'; reason?: string }> {
    const message = this.#messageFor(command);
    if ('refusal' in message) {
      return { status: 'rejected', reason: message.refusal };
    }
    showSent(this.#context, command.deviceId, message.payload);
    const repeatable = mayBeRepeated(command);
    const outcome = await this.#link.publish(message.topic, message.payload, {
      qos: repeatable ? 1 : 2,
      retain: message.retain,
    });
    if (outcome === 'acknowledged') {
      this.#counters.add('commandsPublished');
      return { status: 'delivered' };
    }
    this.#counters.add('commandsUnconfirmed');
    if (repeatable) {
      throw notAcknowledged(message.topic);
    }
    return { status: 'delivered', reason: commandReason('unconfirmed-broker') };
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    this.#writes += 1;
    const id = `w${this.#writes}`;
    const message = this.#messageFor({ deviceId, id, name: point, parameters: { value }, expiresAt: 0 });
    if ('refusal' in message) {
      throw new AndonError({
        code: 'mqtt-client.not-writable',
        message: `The device ${deviceId} has nothing to publish for ${point}: ${message.refusal}.`,
        nextStep: 'Add it to the commands of its connector.',
        field: 'point',
      });
    }
    const { topic, payload, retain } = message;
    showSent(this.#context, deviceId, payload);
    if ((await this.#link.publish(topic, payload, { qos: 1, retain })) !== 'acknowledged') {
      throw notAcknowledged(topic);
    }
    this.#counters.add('pointsPublished');
  }

  /** The edge nodes, where one of them was born with this device, and is believed for it. */
  #nodesOf(deviceId: string): SparkplugHost | undefined {
    return this.#isTaken(deviceId) && this.#sparkplug?.serves(deviceId) === true
      ? this.#sparkplug
      : undefined;
  }

  #messageFor(
    order: Order,
  ):
    | { readonly topic: string; readonly payload: string | Buffer; readonly retain: boolean }
    | { readonly refusal: string } {
    const nodes = this.#nodesOf(order.deviceId);
    if (nodes !== undefined) {
      const { deviceId, name, parameters } = order;
      const made = nodes.order(
        deviceId,
        name,
        plainParameter(parameters, 'value') ?? null,
        this.#shell.clock.now(),
      );
      return 'refusal' in made ? made : { ...made, retain: false };
    }
    const template = templateFor(this.#settings.commands ?? [], order.deviceId, order.name);
    const filled = template && fillIn(template, order);
    return filled === undefined
      ? {
          refusal: commandReason('unknown-command-published', {
            command: order.name,
            device: order.deviceId,
          }),
        }
      : { ...filled, retain: template?.retain ?? false };
  }

  /** A session that the broker kept has its subscriptions; retained messages are not asked for a second time. */
  async #opened(client: MqttClient, sessionPresent: boolean): Promise<void> {
    if (!(sessionPresent && this.#subscribed)) {
      await this.#subscribe(client);
    }
    await this.#sayState(true, client);
    // A birth that came while nobody listened is not repeated by itself.
    for (const { topic, payload } of this.#sparkplug?.askAll(this.#moment()) ?? []) {
      client.publish(topic, payload, { qos: 0 });
    }
    this.#shell.logger?.info(
      { connector: this.name, url: this.#settings.url },
      'The MQTT client is connected.',
    );
  }

  /** For edge nodes that wait for their host. */
  async #sayState(online: boolean, client?: MqttClient): Promise<void> {
    const hostId = this.#settings.sparkplug?.hostId;
    if (hostId === undefined) {
      return;
    }
    const topic = stateTopic(hostId);
    const payload = statePayload(online, this.#shell.clock.now());
    const options = { qos: 1, retain: true } as const;
    await (client === undefined
      ? this.#link.publish(topic, payload, options)
      : client.publishAsync(topic, payload, options));
  }

  #moment() {
    return { monotonic: this.#shell.clock.monotonic(), wall: this.#shell.clock.now() };
  }

  async #subscribe(client: MqttClient): Promise<void> {
    const filters = [
      ...this.#table.mappings.map(({ pattern }) => pattern.filter),
      ...(this.#sparkplug?.filters ?? []),
    ];
    if (this.#results !== undefined) {
      filters.push(this.#results.filter);
    }
    const wanted = Object.fromEntries(
      [...new Set(filters)].map((filter) => [filter, { qos: 1, rh: 1 } as const]),
    );
    const granted = await client.subscribeAsync(wanted);
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
    if (refused.length > 0) {
      throw new Error(`the broker refuses to let this gateway read ${refused.join(', ')}`);
    }
    this.#subscribed = true;
  }

  /** Resolves when all that it holds is committed. */
  async #message(packet: IPublishPacket): Promise<void> {
    this.#counters.add('messagesReceived');
    const { topic } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (payload.length > (this.#settings.payloadBytesMax ?? payloadBytesMaxDefault)) {
      this.#reject('payload-too-large', `${topic}: ${payload.length} bytes`);
      return;
    }
    try {
      await this.#consume(packet, topic, payload);
    } catch (error) {
      this.#notStored(error);
      throw error;
    }
  }

  /** Takes publications in their order: everything before the commit happens at once. */
  #consume(packet: IPublishPacket, topic: string, payload: Buffer): Promise<void> {
    if (this.#sparkplug?.nodeOf(topic) !== undefined) {
      return this.#sparkplugMessage(this.#sparkplug, topic, payload);
    }
    const names = this.#results?.match(topic);
    return names === undefined
      ? this.#mapped(packet, topic, payload)
      : this.#commandResult(names, topic, payload);
  }

  async #sparkplugMessage(host: SparkplugHost, topic: string, payload: Buffer): Promise<void> {
    const shown = new Set<string>();
    await applyEffects(host.receive(topic, payload, this.#moment()), {
      isTaken: (deviceId) => this.#isTaken(deviceId),
      // Births and deaths say who is connected; values do not.
      ingest: async (message) => {
        showPayload(this.#context, shown, message.deviceId, payload);
        await this.#context.ingest(message);
        this.#lossTelling.reset();
        this.#devices.heard(message);
      },
      deviceStatus: (status) => this.#context.deviceStatus(status),
      refuse: (reason, detail) => this.#reject(reason, detail),
      publish: (commandTopic, command) => {
        this.#counters.add('birthsAsked');
        this.#link
          .publish(commandTopic, command, { qos: 0, retain: false })
          .catch(() => this.#counters.add('birthsNotAsked'));
      },
    });
  }

  async #commandResult(names: TopicNames, topic: string, payload: Buffer): Promise<void> {
    const deviceId = names.get('device') ?? '';
    const commandId = names.get('commandId') ?? '';
    const result = parseCommandResult(payload);
    if ('refusal' in result || !this.#isTaken(deviceId)) {
      this.#reject('refusal' in result ? result.refusal : 'unknown-device', topic);
      return;
    }
    this.#context.frame?.({ deviceId, direction: 'received', bytes: payload, isMessage: true });
    await this.#context.commandResult({ deviceId, commandId, ...result });
  }

  async #mapped(packet: IPublishPacket, topic: string, payload: Buffer): Promise<void> {
    const matching = this.#table.matching(topic);
    if (matching.length === 0) {
      this.#reject('topic-not-mapped', topic);
      return;
    }
    const redelivery = redeliveryOf(this.#settings.clientId, packet, topic, payload);
    const commits: Promise<void>[] = [];
    const shown = new Set<string>();
    let index = 0;
    for (const { mapping, names } of matching) {
      const publication = mapping.read(names, payload, this.#shell.clock.now());
      for (const { reason, detail } of publication.refusals) {
        this.#reject(reason, `${topic}: ${detail}`);
      }
      for (const message of publication.messages) {
        index += 1;
        if (this.#isTaken(message.deviceId)) {
          showPayload(this.#context, shown, message.deviceId, payload);
          const own = redelivery && { ...redelivery, key: `${redelivery.key}:${index}` };
          const dated = packet.retain ? ofUnknownAge(message) : message;
          commits.push(this.#ingest(own === undefined ? dated : { ...dated, redelivery: own }));
        } else {
          this.#reject('unknown-device', `${topic}: ${message.deviceId}`);
        }
      }
      for (const { deviceId, connected } of publication.statuses) {
        if (this.#isTaken(deviceId)) {
          showPayload(this.#context, shown, deviceId, payload);
          commits.push(this.#said(deviceId, connected));
        }
      }
    }
    await Promise.all(commits);
  }

  /** What a device, or its last will, says of itself. */
  async #said(deviceId: string, connected: boolean): Promise<void> {
    const reason = 'reported-offline';
    if (connected) {
      if (this.#devices.heard({ deviceId, values: [] })) {
        await this.#context.deviceStatus({ deviceId, connected });
      }
      return;
    }
    await this.#tellLoss(this.#devices.lostOne(deviceId, reason), reason);
  }

  async #tellLoss(loss: Loss | undefined, reason: string): Promise<void> {
    if (loss === undefined) {
      return;
    }
    const { deviceId, values } = loss.message;
    await Promise.all([
      values.length > 0 ? this.#context.ingest(loss.message) : undefined,
      loss.news ? this.#context.deviceStatus({ deviceId, connected: false, reason }) : undefined,
    ]);
  }

  #isTaken(deviceId: string): boolean {
    return this.#allowed?.has(deviceId) !== false && this.#context.device(deviceId) !== undefined;
  }

  async #ingest(message: RawMessage): Promise<void> {
    await this.#context.ingest(message);
    this.#lossTelling.reset();
    if (this.#devices.heard(message)) {
      await this.#context.deviceStatus({ deviceId: message.deviceId, connected: true });
    }
  }

  /** All that is read through the broker turns BAD at once, and is told again once a minute. */
  #lost(reason: LossReason, detail: string): void {
    this.#sparkplug?.forget();
    if (!this.#lossTelling.due(this.#shell.clock.monotonic())) {
      return;
    }
    this.#reject(reason, detail);
    this.#shell.logger?.warn({ connector: this.name, reason, detail }, 'The MQTT client is not connected.');
    for (const loss of this.#devices.lost(reason)) {
      this.#store(() => this.#tellLoss(loss, reason));
    }
  }

  #store(commit: () => Promise<void>): void {
    if (this.#storing >= storingMax * Math.max(1, this.#devices.count)) {
      this.#counters.add('readingsDropped');
      return;
    }
    this.#storing += 1;
    commit()
      .catch((error: unknown) => this.#notStored(error))
      .finally(() => {
        this.#storing -= 1;
      });
  }

  #notStored(error: unknown): void {
    this.#counters.add('notStored');
    if (this.#notStoredTelling.due(this.#shell.clock.monotonic())) {
      this.#shell.logger?.error({ error, connector: this.name }, 'What a broker sent could not be stored.');
    }
  }

  #reject(reason: string, detail: string): void {
    this.#counters.add(`refused.${reason}`);
    this.#context.reject({ source: this.name, reason, detail: detail.slice(0, detailLengthMax) });
  }
}
