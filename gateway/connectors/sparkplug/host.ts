import { commandReason, SignalName, type SignalValue, type SparkplugSettings } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
import type { RawMessage, RawValue } from '../connector.ts';
import { dataType, valueOfType, wireValueOf } from './data-types.ts';
import { type MetricOwner, NodeState } from './node-state.ts';
import { decodePayload, encodeCommand, type Metric, type SparkplugPayload } from './payload.ts';
import { commandTopic, filtersOf, parseTopic, type SparkplugTopic } from './topic.ts';

const signalName = Compile(SignalName);
/** A node that was asked for its birth is not asked again before. */
const rebirthMilliseconds = 5000;
/** So long after its node a device may be born again before it counts as dead. */
const rebornMilliseconds = 10_000;
const rebirthMetric = 'Node Control/Rebirth';
const refusalsMax = 100;

export interface SparkplugEffects {
  readonly messages: RawMessage[];
  readonly statuses: { readonly deviceId: string; readonly connected: boolean; readonly reason?: string }[];
  readonly refusals: { readonly reason: string; readonly detail: string }[];
  /** Commands to publish: requests for a birth. */
  readonly commands: { readonly topic: string; readonly payload: Buffer }[];
}

/** A command to publish for a device, or why there is none. */
export type SparkplugOrder =
  | { readonly topic: string; readonly payload: Buffer; readonly publisher: string | undefined }
  | { readonly refusal: string };

/** Times: `monotonic` for waiting, `wall` (milliseconds since the epoch) for payloads. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Follows the edge nodes of the configuration: who is born, what their aliases mean, what was missed. No I/O. */
export class SparkplugHost {
  readonly filters: readonly string[];
  readonly #nodes = new Map<string, NodeState>();

  constructor(settings: SparkplugSettings) {
    for (const node of settings.nodes) {
      this.#nodes.set(`${node.group}/${node.edgeNode}`, new NodeState(node));
    }
    this.filters = settings.nodes.flatMap(filtersOf);
  }

  /** The node that speaks on this topic. */
  nodeOf(topic: string): NodeState['settings'] | undefined {
    return this.#nodeAt(parseTopic(topic))?.settings;
  }

  serves(deviceId: string): boolean {
    return this.#find(deviceId) !== undefined;
  }

  /** Never throws, whatever the payload holds. */
  receive(topic: string, payload: Uint8Array, moment: Moment): SparkplugEffects {
    const effects: SparkplugEffects = { messages: [], statuses: [], refusals: [], commands: [] };
    const address = parseTopic(topic);
    const node = this.#nodeAt(address);
    if (address === undefined || node === undefined) {
      effects.refusals.push({ reason: 'sparkplug-node-unknown', detail: topic });
      return effects;
    }
    const decoded = decodePayload(payload);
    if (decoded === undefined) {
      effects.refusals.push({ reason: 'sparkplug-payload', detail: `${topic}: ${payload.length} bytes` });
      return effects;
    }
    if (address.type === 'NDEATH') {
      this.#nodeDied(node, decoded, effects);
      return effects;
    }
    if (address.type === 'NBIRTH') {
      node.begin(decoded.sequence, birthDeathSequenceOf(decoded), moment.monotonic);
    } else if (!this.#inSequence(node, address, decoded, moment, effects)) {
      return effects;
    }
    this.#take(node, address, decoded, moment, effects);
    this.#missed(node, moment, effects);
    return effects;
  }

  /** Asks every node for its birth, as a host does that has just begun to listen. */
  askAll(moment: Moment): SparkplugEffects['commands'] {
    return [...this.#nodes.values()].map((node) => rebirthOf(node, moment));
  }

  /** Nothing more is heard: all must be born again. */
  forget(): void {
    for (const node of this.#nodes.values()) {
      node.online = false;
      node.rebirthAskedAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** What to publish for a reboot or a set-point. */
  order(deviceId: string, point: string, value: SignalValue, now: number): SparkplugOrder {
    const found = this.#find(deviceId);
    if (found === undefined) {
      return { refusal: commandReason('not-born', { device: deviceId }) };
    }
    const { node, owner } = found;
    const control = owner.name === '' ? 'Node Control/Reboot' : 'Device Control/Reboot';
    const isReboot = point === 'reboot';
    const definition = isReboot ? owner.byName.get(control) : owner.bySignal.get(point);
    const mayWrite = isReboot || node.settings.writable?.includes(point) === true;
    if (definition === undefined || !mayWrite) {
      return {
        refusal: commandReason('unknown-command-metric', {
          device: deviceId,
          metric: isReboot ? control : point,
        }),
      };
    }
    const type = definition.type ?? dataType.boolean;
    const wire = wireValueOf(isReboot ? true : value, type);
    if (wire === undefined) {
      return { refusal: commandReason('value-of-metric', { type, metric: definition.name }) };
    }
    const named = definition.alias === undefined ? { name: definition.name } : { alias: definition.alias };
    return {
      topic: commandTopic(node.settings, owner.name === '' ? undefined : owner.name),
      payload: encodeCommand([{ ...named, type, value: wire }], now),
      publisher: node.settings.publisher ?? node.settings.deviceId,
    };
  }

  #nodeAt(topic: SparkplugTopic | undefined): NodeState | undefined {
    return topic === undefined ? undefined : this.#nodes.get(`${topic.group}/${topic.edgeNode}`);
  }

  #find(deviceId: string): { readonly node: NodeState; readonly owner: MetricOwner } | undefined {
    for (const node of this.#nodes.values()) {
      for (const owner of node.online ? node.owners.values() : []) {
        if (owner.born && node.deviceIdOf(owner.name) === deviceId) {
          return { node, owner };
        }
      }
    }
    return undefined;
  }

  /** False where the message cannot be taken before the node is born. */
  #inSequence(
    node: NodeState,
    address: SparkplugTopic,
    payload: SparkplugPayload,
    moment: Moment,
    effects: SparkplugEffects,
  ): boolean {
    const where = `${address.group}/${address.edgeNode}`;
    if (!node.online) {
      effects.refusals.push({ reason: 'sparkplug-not-born', detail: where });
      ask(node, moment, effects);
      return false;
    }
    const before = node.sequence;
    if (node.isGap(payload.sequence)) {
      node.gap = true;
      const detail = `${where}: ${payload.sequence ?? 'none'} after ${before ?? 'none'}`;
      effects.refusals.push({ reason: 'sparkplug-sequence-gap', detail });
      ask(node, moment, effects);
    }
    return true;
  }

  #nodeDied(node: NodeState, payload: SparkplugPayload, effects: SparkplugEffects): void {
    const died = birthDeathSequenceOf(payload);
    if (!node.online || (died !== undefined && died !== node.birthDeathSequence)) {
      // The will of an older connection: the node has been born again since.
      effects.refusals.push({ reason: 'sparkplug-stale-death', detail: `bdSeq ${died ?? 'none'}` });
      return;
    }
    node.online = false;
    for (const owner of node.owners.values()) {
      if (owner.born || owner.awaited) {
        this.#died(node, owner, 'sparkplug-node-death', effects);
      }
    }
  }

  #died(node: NodeState, owner: MetricOwner, reason: string, effects: SparkplugEffects): void {
    owner.born = false;
    owner.awaited = false;
    const deviceId = node.deviceIdOf(owner.name);
    if (deviceId === undefined) {
      return;
    }
    const values: RawValue[] = [...owner.bySignal.values()]
      .filter(({ name }) => !isControl(name))
      .map(({ signal }) => ({ signal, value: null, badReason: reason }));
    if (values.length > 0) {
      effects.messages.push({ deviceId, values });
    }
    effects.statuses.push({ deviceId, connected: false, reason });
  }

  #take(
    node: NodeState,
    address: SparkplugTopic,
    payload: SparkplugPayload,
    moment: Moment,
    effects: SparkplugEffects,
  ): void {
    const { device = '' } = address;
    if (device !== '' && node.deviceIdOf(device) === undefined) {
      const detail = `name the device of ${device} in the devices of ${address.group}/${address.edgeNode}`;
      refuse(effects, 'sparkplug-device-not-listed', detail);
      return;
    }
    const owner = node.owner(device);
    if (owner === undefined) {
      refuse(effects, 'sparkplug-too-many-devices', address.edgeNode);
      return;
    }
    if (address.type === 'DDEATH') {
      this.#died(node, owner, 'sparkplug-device-death', effects);
      return;
    }
    const isBirth = address.type === 'NBIRTH' || address.type === 'DBIRTH';
    const deviceId = node.deviceIdOf(owner.name);
    if (isBirth) {
      node.birth(owner);
      if (deviceId !== undefined) {
        effects.statuses.push({ deviceId, connected: true });
      }
    } else if (!owner.born) {
      refuse(effects, 'sparkplug-not-born', `${address.edgeNode}/${owner.name}`);
      ask(node, moment, effects);
      return;
    }
    const values = payload.metrics.flatMap((metric) =>
      this.#value(node, owner, metric, isBirth, payload.timestamp, moment, effects),
    );
    if (values.length > 0 && deviceId !== undefined) {
      effects.messages.push({ deviceId, values });
    }
  }

  #value(
    node: NodeState,
    owner: MetricOwner,
    metric: Metric,
    isBirth: boolean,
    sent: number | undefined,
    moment: Moment,
    effects: SparkplugEffects,
  ): RawValue[] {
    const { name, alias } = metric;
    if (isBirth) {
      const signal = signalOf(name);
      if (name === undefined || signal === undefined) {
        refuse(effects, 'signal-name', name ?? `alias ${alias}`);
        return [];
      }
      if (!node.define(owner, { name, signal, type: metric.type, alias, owner: owner.name })) {
        refuse(effects, 'sparkplug-too-many-metrics', name);
        return [];
      }
    } else if (name === undefined && node.gap) {
      refuse(effects, 'sparkplug-alias-uncertain', `alias ${alias}`);
      return [];
    }
    const known = name === undefined ? node.aliases.get(alias ?? '') : owner.byName.get(name);
    if (known === undefined || known.owner !== owner.name) {
      refuse(effects, 'sparkplug-metric-unknown', name ?? `alias ${alias}`);
      ask(node, moment, effects);
      return [];
    }
    return isControl(known.name)
      ? []
      : [{ signal: known.signal, ...judged(metric, known.type), ...timeOf(metric, sent) }];
  }

  /** Devices that were not born again after their node was. */
  #missed(node: NodeState, moment: Moment, effects: SparkplugEffects): void {
    if (moment.monotonic - node.bornAt < rebornMilliseconds) {
      return;
    }
    for (const owner of node.owners.values()) {
      if (owner.awaited && !owner.born) {
        this.#died(node, owner, 'sparkplug-not-born', effects);
      }
    }
  }
}

function birthDeathSequenceOf({ metrics }: SparkplugPayload): number | undefined {
  const metric = metrics.find(({ name }) => name === 'bdSeq');
  const value = metric === undefined ? undefined : valueOfType(metric.value, metric.type);
  return typeof value === 'number' ? value : undefined;
}

const isControl = (name: string): boolean =>
  name === 'bdSeq' || name.startsWith('Node Control/') || name.startsWith('Device Control/');

/** The signal of a metric: what no name of a signal may hold becomes a low line. */
function signalOf(name: string | undefined): string | undefined {
  const signal = name?.replaceAll(/[^A-Za-z0-9_./-]/g, '_').replace(/^[^A-Za-z0-9]+/, '');
  return signal !== undefined && signalName.Check(signal) ? signal : undefined;
}

const opcGoodMin = 192;
const opcStale = 500;

function judged(metric: Metric, bornType: number | undefined): Pick<RawValue, 'value' | 'badReason'> {
  if (metric.isNull) {
    return { value: null, badReason: 'no-value' };
  }
  const value = valueOfType(metric.value, metric.type ?? bornType);
  if (value === undefined) {
    return { value: null, badReason: 'sparkplug-data-type' };
  }
  const { quality = opcGoodMin } = metric;
  if (quality === opcStale || quality < opcGoodMin) {
    return {
      value: null,
      badReason: quality === opcStale ? 'sparkplug-stale' : `sparkplug-quality-${quality}`,
    };
  }
  return { value };
}

function timeOf(metric: Metric, sent: number | undefined): Pick<RawValue, 'sourceTime' | 'historical'> {
  const sourceTime = metric.timestamp ?? sent;
  return {
    ...(sourceTime === undefined ? {} : { sourceTime }),
    ...(metric.historical ? { historical: true } : {}),
  };
}

/** Asks the node for its birth, but not again and again. */
function ask(node: NodeState, moment: Moment, effects: SparkplugEffects): void {
  if (moment.monotonic - node.rebirthAskedAt >= rebirthMilliseconds) {
    effects.commands.push(rebirthOf(node, moment));
  }
}

function rebirthOf(node: NodeState, moment: Moment): SparkplugEffects['commands'][number] {
  node.rebirthAskedAt = moment.monotonic;
  const metric = {
    name: rebirthMetric,
    type: dataType.boolean,
    value: { kind: 'boolean', value: true },
  } as const;
  return { topic: commandTopic(node.settings, undefined), payload: encodeCommand([metric], moment.wall) };
}

function refuse(effects: SparkplugEffects, reason: string, detail: string): void {
  if (effects.refusals.length < refusalsMax) {
    effects.refusals.push({ reason, detail });
  }
}
