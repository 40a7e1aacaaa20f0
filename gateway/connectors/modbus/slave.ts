import type { ModbusPoint, ModbusSlave } from '@andon/shared/contracts';
import { backoffMilliseconds } from '@andon/shared/kernel';
import {
  cutAt,
  cutFor,
  limitsOf,
  planReads,
  pointsOf,
  type RateGroup,
  type ReadBlock,
  type ReadLimits,
  rateGroups,
} from '@andon/shared/modbus-plan';
import type { ConnectorContext, RawMessage, RawValue } from '../connector.ts';
import { deadPolling } from './poll-schedule.ts';
import { failedValues } from './read-blocks.ts';
import type { ShowFrame } from './transport.ts';

/** A slave's settings as they are on the wire: addresses from 0, each point with its byte order. */
export type SlaveSettings = Omit<ModbusSlave, 'points' | 'addressBase'> & {
  readonly points: readonly ModbusPoint[];
};
export type Status = Parameters<ConnectorContext['deviceStatus']>[0];

/** Shows the flight recorder the frames of a slave. */
export function showTo(context: ConnectorContext, deviceId: string): ShowFrame {
  return (direction, bytes) => context.frame?.({ deviceId, direction, bytes });
}

const bootIdLengthMax = 64;
const plansMax = 64;

interface Rarity {
  readonly failures: number;
  readonly until: number;
}

/** What is known of one slave: how it is read, what it refuses, and what was last told of it. */
export class Slave {
  readonly settings: SlaveSettings;
  readonly groups: readonly RateGroup[];
  #limits: ReadLimits;
  readonly #cuts = new Set<string>();
  /** The signals that it refuses though they are asked for alone, each with its block. */
  readonly #refused = new Map<string, ReadBlock>();
  readonly #plans = new Map<string, readonly ReadBlock[]>();
  /** Blocks that it refuses, or does not answer though it answers others, by the place at which they begin. */
  readonly #rare = new Map<string, Rarity>();
  #connected: boolean | undefined;
  #bootId: string | undefined;
  #toldBootId: string | undefined;
  #firmware: string | undefined;

  constructor(settings: ModbusSlave) {
    this.settings = withRebootPoint({ ...settings, points: pointsOf(settings) });
    this.groups = rateGroups(this.settings.points, settings.pollMilliseconds);
    this.#limits = limitsOf(settings);
  }

  get deviceId(): string {
    return this.settings.deviceId;
  }

  get connected(): boolean {
    return this.#connected === true;
  }

  /**
   * What to ask for these of its rates. Blocks that it did not give come last, and not before their time. After
   * failures all are asked, each time another one first, lest one at which it is mute hides that it lives.
   */
  blocksFor(rates: readonly number[], failures: number, now: number): readonly ReadBlock[] {
    const plan = this.#planFor(rates);
    if (failures > 0) {
      const first = failures % Math.max(1, plan.length);
      return [...plan.slice(first), ...plan.slice(0, first)];
    }
    const usual = plan.filter((block) => !this.#rare.has(cutAt(block)));
    const tried = plan.filter((block) => (this.#rare.get(cutAt(block))?.until ?? Infinity) <= now);
    return [...usual, ...tried];
  }

  /**
   * It refused the block as a whole: divides it from now on. Gives the blocks that replace it, none where it cannot be
   * divided. Then it is asked for alone, and as the culprit is found, all else may be together again.
   */
  divide(block: ReadBlock): readonly ReadBlock[] {
    const cut = cutFor(block);
    if (cut !== undefined) {
      this.#cuts.add(cut);
      this.#plans.clear();
      return planReads(block.points, this.#limits, this.#cuts);
    }
    if (!block.points.every(({ signal }) => this.#refused.has(signal))) {
      for (const point of block.points) {
        this.#refused.set(point.signal, block);
      }
      this.#limits = withForbidden(this.#limits, block);
      this.#cuts.clear();
      this.#plans.clear();
    }
    return [];
  }

  /** It does not have what this one asks for. */
  refuses(block: ReadBlock, now: number, random: () => number): void {
    const failures = this.#failuresAt(block) + 1;
    const until = now + backoffMilliseconds(failures - 1, deadPolling, random);
    this.#rare.set(cutAt(block), { failures, until });
  }

  /**
   * It answered others, but not this one. One silence may be an accident; where it happens again the block is asked for
   * rarely, and divided, as some do not even refuse what they do not have. `readyAt` is when time may be lost again on
   * one that failed so often.
   */
  isMuteAt(block: ReadBlock, now: number, readyAt: (failures: number) => number, random: () => number): void {
    const failures = this.#failuresAt(block) + 1;
    const delay = failures < 2 ? 0 : backoffMilliseconds(failures - 2, deadPolling, random);
    if (failures < 2 || this.divide(block).length === 0) {
      this.#rare.set(cutAt(block), { failures, until: Math.max(now + delay, readyAt(failures)) });
    } else {
      this.#rare.delete(cutAt(block));
    }
  }

  askAsUsual(block: ReadBlock): void {
    this.#rare.delete(cutAt(block));
  }

  message(values: readonly RawValue[]): RawMessage {
    this.#bootId = this.#textOf(values, this.settings.bootIdSignal) ?? this.#bootId;
    return {
      deviceId: this.deviceId,
      values,
      ...(this.#bootId === undefined ? {} : { bootId: this.#bootId }),
    };
  }

  /** What there is to tell after it answered; undefined where nothing is new. */
  answered(values: readonly RawValue[]): Status | undefined {
    const bootId = this.#textOf(values, this.settings.bootIdSignal);
    const firmware = this.#textOf(values, this.settings.firmwareSignal);
    const newBoot = bootId !== undefined && bootId !== this.#toldBootId;
    const newFirmware = firmware !== undefined && firmware !== this.#firmware;
    if (this.#connected === true && !newBoot && !newFirmware) {
      return undefined;
    }
    this.#connected = true;
    this.#toldBootId = bootId ?? this.#toldBootId;
    this.#firmware = firmware ?? this.#firmware;
    return {
      deviceId: this.deviceId,
      connected: true,
      ...(bootId === undefined ? {} : { bootId }),
      ...(firmware === undefined ? {} : { firmware }),
    };
  }

  /** What there is to tell after it was given up; undefined where that was told. */
  lost(reason: string): Status | undefined {
    if (this.#connected === false) {
      return undefined;
    }
    this.#connected = false;
    return { deviceId: this.deviceId, connected: false, reason };
  }

  allFailed(badReason: string): RawValue[] {
    return this.groups.flatMap((group) => failedValues(group, badReason));
  }

  #failuresAt(block: ReadBlock): number {
    return this.#rare.get(cutAt(block))?.failures ?? 0;
  }

  #planFor(rates: readonly number[]): readonly ReadBlock[] {
    const key = rates.join();
    const known = this.#plans.get(key);
    if (known !== undefined) {
      return known;
    }
    const points = rates.flatMap((rate) => this.groups[rate]?.points ?? []);
    const taken = points.filter(({ signal }) => !this.#refused.has(signal));
    const alone = new Set(points.flatMap(({ signal }) => this.#refused.get(signal) ?? []));
    const plan = [...planReads(taken, this.#limits, this.#cuts), ...alone];
    if (this.#plans.size >= plansMax) {
      this.#plans.clear();
    }
    this.#plans.set(key, plan);
    return plan;
  }

  #textOf(values: readonly RawValue[], signal: string | undefined): string | undefined {
    const found = values.find((value) => value.signal === signal && value.badReason === undefined);
    return found === undefined ? undefined : textOf(found.value);
  }
}

/** No request may read over what was refused. */
function withForbidden(limits: ReadLimits, { table, address, quantity }: ReadBlock): ReadLimits {
  const range = { table, from: address, to: address + quantity - 1 };
  return { ...limits, forbidden: [...limits.forbidden, range] };
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text.length > 0 ? text.slice(0, bootIdLengthMax) : undefined;
}

/** The reboot's point need not be marked writable: naming it there says so. */
function withRebootPoint(slave: SlaveSettings): SlaveSettings {
  const points = slave.points.map((point) =>
    point.signal === slave.reboot?.point ? { ...point, writable: true } : point,
  );
  return { ...slave, points };
}
