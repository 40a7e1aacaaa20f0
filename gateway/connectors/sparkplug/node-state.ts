import type { SparkplugNodeSettings } from '@andon/shared/contracts';

/** What a birth said of a metric. */
export interface MetricDefinition {
  readonly name: string;
  readonly signal: string;
  readonly type: number | undefined;
  readonly alias: string | undefined;
  /** The Sparkplug name of its device; empty for the node's own. */
  readonly owner: string;
}

/** The node's own metrics, or those of a device behind it. */
export interface MetricOwner {
  readonly name: string;
  born: boolean;
  /** It was born before the node was, and must be born again. */
  awaited: boolean;
  readonly bySignal: Map<string, MetricDefinition>;
  readonly byName: Map<string, MetricDefinition>;
}

export const devicesPerNodeMax = 1000;
export const metricsPerNodeMax = 20_000;

/** What is known of one edge node. */
export class NodeState {
  readonly settings: SparkplugNodeSettings;
  readonly owners = new Map<string, MetricOwner>();
  readonly aliases = new Map<string, MetricDefinition>();
  online = false;
  birthDeathSequence: number | undefined;
  sequence: number | undefined;
  /** A message was lost: what an alias means is uncertain until the next birth. */
  gap = false;
  rebirthAskedAt = Number.NEGATIVE_INFINITY;
  bornAt = 0;
  #metrics = 0;

  constructor(settings: SparkplugNodeSettings) {
    this.settings = settings;
  }

  /** Undefined for what the configuration does not name: a node that is let in does not speak for whomever it likes. */
  deviceIdOf(owner: string): string | undefined {
    const { deviceId, devices = {} } = this.settings;
    if (owner === '') {
      return deviceId;
    }
    return Object.hasOwn(devices, owner) ? devices[owner] : undefined;
  }

  owner(name: string): MetricOwner | undefined {
    const known = this.owners.get(name);
    if (known !== undefined || this.owners.size > devicesPerNodeMax) {
      return known;
    }
    const made = { name, born: false, awaited: false, bySignal: new Map(), byName: new Map() };
    this.owners.set(name, made);
    return made;
  }

  /** The node is born: all that was said before counts no more. */
  begin(sequence: number | undefined, birthDeathSequence: number | undefined, now: number): void {
    for (const owner of this.owners.values()) {
      owner.awaited = owner.name !== '' && (owner.born || owner.awaited);
      owner.born = false;
    }
    this.aliases.clear();
    this.#metrics = 0;
    this.online = true;
    this.gap = false;
    this.sequence = sequence;
    this.birthDeathSequence = birthDeathSequence;
    this.bornAt = now;
  }

  /** The node or a device is born: its metrics are those that come now. */
  birth(owner: MetricOwner): void {
    for (const { alias } of owner.byName.values()) {
      if (alias !== undefined && this.aliases.get(alias)?.owner === owner.name) {
        this.aliases.delete(alias);
      }
    }
    this.#metrics -= Math.min(this.#metrics, owner.born ? owner.byName.size : 0);
    owner.byName.clear();
    owner.bySignal.clear();
    owner.born = true;
    owner.awaited = false;
  }

  define(owner: MetricOwner, definition: MetricDefinition): boolean {
    if (this.#metrics >= metricsPerNodeMax) {
      return false;
    }
    this.#metrics += 1;
    owner.byName.set(definition.name, definition);
    owner.bySignal.set(definition.signal, definition);
    if (definition.alias !== undefined) {
      this.aliases.set(definition.alias, definition);
    }
    return true;
  }

  /** Follows the numbers, which count from 0 to 255 and again; true where one is missing. */
  isGap(sequence: number | undefined): boolean {
    const expected = this.sequence === undefined ? undefined : (this.sequence + 1) % 256;
    this.sequence = sequence;
    return sequence === undefined || sequence !== expected;
  }
}
