import type { ModbusRtuConnector } from '@andon/shared/contracts';
import type { ConnectorContext, RawMessage, RawValue } from '../connector.ts';
import { failedValues, planReads, type ReadBlock, splitBlock } from './read-blocks.ts';

export type SlaveSettings = ModbusRtuConnector['slaves'][number];
type Status = Parameters<ConnectorContext['deviceStatus']>[0];

const bootIdLengthMax = 64;

/** What is known of one slave: how it is read, and what was last told of it. */
export class Slave {
  readonly settings: SlaveSettings;
  #blocks: readonly ReadBlock[];
  #connected: boolean | undefined;
  #bootId: string | undefined;
  #toldBootId: string | undefined;
  #firmware: string | undefined;

  constructor(settings: SlaveSettings) {
    this.settings = settings;
    this.#blocks = planReads(settings.points);
  }

  get deviceId(): string {
    return this.settings.deviceId;
  }

  get blocks(): readonly ReadBlock[] {
    return this.#blocks;
  }

  get connected(): boolean {
    return this.#connected === true;
  }

  /** Reads the block's points one by one from now on; gives the blocks that replace it. */
  split(block: ReadBlock): readonly ReadBlock[] {
    const parts = splitBlock(block);
    this.#blocks = this.#blocks.flatMap((known) => (known === block ? parts : [known]));
    return parts;
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
    return this.#blocks.flatMap((block) => failedValues(block, badReason));
  }

  #textOf(values: readonly RawValue[], signal: string | undefined): string | undefined {
    const found = values.find((value) => value.signal === signal && value.badReason === undefined);
    return found === undefined ? undefined : textOf(found.value);
  }
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text.length > 0 ? text.slice(0, bootIdLengthMax) : undefined;
}
