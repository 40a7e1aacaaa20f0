/**
 * Many readings in few bytes: what is the same as before is not written again.
 *
 * The first byte names the format: 1 where all are readings, 2 where texts are among them, 3 where summaries are. Then
 * entries follow:
 *
 * - a name (0): the next word of the dictionary, which begins empty in each pack;
 * - a context (1): device, source time and gateway time as steps from the context before, how the gateway's clock was,
 *   lateness, boot id; it holds for the readings after it;
 * - a text (2): a record as JSON, of any kind;
 * - a summary (3): see `packed-summaries.ts`;
 * - a reading (from 0x80 on): its signal and value, and, where it has them, another quality than GOOD, reason and unit.
 */
import type { Reading, UplinkRecord } from '@andon/shared/contracts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { isPackableSummary, SummaryReader, SummaryWriter } from './packed-summaries.ts';
import {
  clockStates,
  isPackableTime,
  kindOf,
  readValue,
  valueKindMask,
  writeValue,
} from './packed-values.ts';

const packFormats = { readingsOnly: 1, mixed: 2, summaries: 3 } as const;

const entry = { name: 0, context: 1, text: 2, summary: 3, reading: 0x80 } as const;
/** In a reading's entry: a byte with quality, reason and unit follows its signal. */
const detailedFlag = 0x08;
const detail = { qualityMask: 0x03, unit: 0x04, reason: 0x08 } as const;
const context = { clockMask: 0x03, historical: 0x04, bootId: 0x08 } as const;

const qualities = ['GOOD', 'UNCERTAIN', 'BAD'] as const satisfies readonly Reading['quality'][];
const writerBytes = 256 * 1024;
/** Writes one pack after the other. */
export class PackWriter {
  readonly #bytes = new ByteWriter(writerBytes);
  readonly #names = new Map<string, number>();
  readonly #summaries = new SummaryWriter(this.#bytes, entry.summary, (text) => this.#name(text));
  #format: number = packFormats.readingsOnly;
  #records = 0;
  /** The context of the latest reading. */
  #deviceId: string | undefined;
  #bootId: string | undefined;
  #sourceTime = 0;
  #gatewayTime = 0;
  #clockState: Reading['clockState'] | undefined;
  #historical = false;

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** Any record, in the fewest bytes. */
  add(record: UplinkRecord): void {
    if (record.type === 'reading' && !('clock' in record) && isPackable(record)) {
      this.addReading(record);
    } else if (record.type === 'summary' && isPackableSummary(record)) {
      this.#begin();
      this.#format = packFormats.summaries;
      this.#summaries.write(record);
      this.#records += 1;
    } else {
      this.addText(JSON.stringify(record));
    }
  }

  addReading(reading: Reading): void {
    this.#begin();
    if (
      reading.sourceTime !== this.#sourceTime ||
      reading.gatewayTime !== this.#gatewayTime ||
      reading.deviceId !== this.#deviceId ||
      reading.bootId !== this.#bootId ||
      reading.clockState !== this.#clockState ||
      reading.historical !== this.#historical
    ) {
      this.#writeContext(reading);
    }
    const { quality, qualityReason, unit, value } = reading;
    const signal = this.#name(reading.signal);
    const isDetailed = quality !== 'GOOD' || qualityReason !== undefined || unit !== undefined;
    // Names come before the entry that uses them.
    const unitName = unit === undefined ? 0 : this.#name(unit);
    const reasonName = qualityReason === undefined ? 0 : this.#name(qualityReason);
    const kind = kindOf(value);
    this.#bytes.byte(entry.reading | kind | (isDetailed ? detailedFlag : 0));
    this.#bytes.whole(signal);
    if (isDetailed) {
      const flags =
        (unit === undefined ? 0 : detail.unit) | (qualityReason === undefined ? 0 : detail.reason);
      this.#bytes.byte(qualities.indexOf(quality) | flags);
      if (unit !== undefined) this.#bytes.whole(unitName);
      if (qualityReason !== undefined) this.#bytes.whole(reasonName);
    }
    writeValue(this.#bytes, kind, value);
    this.#records += 1;
  }

  /** Any record, as JSON. */
  addText(json: string): void {
    this.#begin();
    this.#format = Math.max(this.#format, packFormats.mixed);
    this.#bytes.byte(entry.text);
    this.#bytes.text(json);
    this.#records += 1;
  }

  /** The pack, valid until the next one is begun. */
  take(): Uint8Array {
    const taken = this.#bytes.take();
    taken[0] = this.#format;
    this.reset();
    return taken;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#bytes.take();
    this.#names.clear();
    this.#format = packFormats.readingsOnly;
    this.#records = 0;
    this.#summaries.reset();
    this.#deviceId = undefined;
    this.#bootId = undefined;
    this.#sourceTime = 0;
    this.#gatewayTime = 0;
    this.#clockState = undefined;
    this.#historical = false;
  }

  #begin(): void {
    if (this.#bytes.length === 0) {
      this.#bytes.byte(this.#format);
    }
  }

  #name(text: string): number {
    const known = this.#names.get(text);
    if (known !== undefined) {
      return known;
    }
    const index = this.#names.size;
    this.#names.set(text, index);
    this.#bytes.byte(entry.name);
    this.#bytes.text(text);
    return index;
  }

  #writeContext(reading: Reading): void {
    const { deviceId, bootId, sourceTime, gatewayTime, clockState, historical } = reading;
    const device = this.#name(deviceId);
    const boot = bootId === undefined ? 0 : this.#name(bootId);
    this.#bytes.byte(entry.context);
    this.#bytes.whole(device);
    this.#bytes.signed(sourceTime - this.#sourceTime);
    this.#bytes.signed(gatewayTime - this.#gatewayTime);
    const flags = (historical ? context.historical : 0) | (bootId === undefined ? 0 : context.bootId);
    this.#bytes.byte(clockStates.indexOf(clockState) | flags);
    if (bootId !== undefined) this.#bytes.whole(boot);
    this.#deviceId = deviceId;
    this.#bootId = bootId;
    this.#sourceTime = sourceTime;
    this.#gatewayTime = gatewayTime;
    this.#clockState = clockState;
    this.#historical = historical;
  }
}

/**
 * Can the reading be packed? Corrected times, times that no clock shows and fractions of milliseconds are rare, and go
 * as text instead.
 */
export function isPackable({ sourceTime, gatewayTime, originalTime }: Reading): boolean {
  return originalTime === undefined && isPackableTime(sourceTime) && isPackableTime(gatewayTime);
}

/** The records of a pack, each as the JSON that goes over the wire. Throws a RangeError where the pack is cut off. */
export function unpack(pack: Uint8Array): string[] {
  return new PackReader(pack).records();
}

class PackReader {
  readonly #bytes: ByteReader;
  readonly #names: string[] = [];
  readonly #records: string[] = [];
  #context: Pick<
    Reading,
    'deviceId' | 'sourceTime' | 'gatewayTime' | 'clockState' | 'historical' | 'bootId'
  > = {
    deviceId: '',
    sourceTime: 0,
    gatewayTime: 0,
    clockState: 'SYNCHRONIZED',
    historical: false,
  };

  readonly #summaries: SummaryReader;

  constructor(pack: Uint8Array) {
    this.#bytes = new ByteReader(pack);
    this.#summaries = new SummaryReader(this.#bytes, () => this.#readName());
  }

  records(): string[] {
    const format = this.#bytes.byte();
    if (format < packFormats.readingsOnly || format > packFormats.summaries) {
      throw new RangeError(`the pack has the format ${format}, which this program does not know`);
    }
    while (!this.#bytes.atEnd) {
      this.#readEntry(this.#bytes.byte());
    }
    return this.#records;
  }

  #readEntry(tag: number): void {
    if (tag >= entry.reading) {
      this.#records.push(JSON.stringify(this.#readReading(tag)));
    } else if (tag === entry.name) {
      this.#names.push(this.#bytes.text());
    } else if (tag === entry.context) {
      this.#readContext();
    } else if (tag === entry.text) {
      this.#records.push(this.#bytes.text());
    } else if (tag === entry.summary) {
      this.#records.push(JSON.stringify(this.#summaries.read()));
    } else {
      throw new RangeError(`the pack has an entry ${tag}, which this program does not know`);
    }
  }

  #readName(): string {
    const name = this.#names[this.#bytes.whole()];
    if (name === undefined) {
      throw new RangeError('the pack names a word that it does not hold');
    }
    return name;
  }

  #readContext(): void {
    const deviceId = this.#readName();
    const sourceTime = this.#context.sourceTime + this.#bytes.signed();
    const gatewayTime = this.#context.gatewayTime + this.#bytes.signed();
    const flags = this.#bytes.byte();
    this.#context = {
      deviceId,
      sourceTime,
      gatewayTime,
      clockState: clockStates[flags & context.clockMask] ?? 'UNSYNCHRONIZED',
      historical: (flags & context.historical) !== 0,
      ...((flags & context.bootId) !== 0 && { bootId: this.#readName() }),
    };
  }

  #readReading(tag: number): Reading {
    const signal = this.#readName();
    const flags = (tag & detailedFlag) === 0 ? 0 : this.#bytes.byte();
    const unit = (flags & detail.unit) === 0 ? undefined : this.#readName();
    const qualityReason = (flags & detail.reason) === 0 ? undefined : this.#readName();
    const { deviceId, sourceTime, gatewayTime, clockState, historical, bootId } = this.#context;
    return {
      type: 'reading',
      deviceId,
      signal,
      value: readValue(this.#bytes, tag & valueKindMask),
      quality: qualities[flags & detail.qualityMask] ?? 'BAD',
      sourceTime,
      gatewayTime,
      clockState,
      historical,
      ...(unit !== undefined && { unit }),
      ...(qualityReason !== undefined && { qualityReason }),
      ...(bootId !== undefined && { bootId }),
    };
  }
}
