/**
 * Summaries in a pack: names as words of its dictionary, times, spans and counts as steps from the summary before, and
 * a member only where it says what the others do not. Two bytes of flags tell which, and how the four values are written:
 * minimum, maximum, mean and last.
 */
import type { ReadingSummary, SignalValue } from '@andon/shared/contracts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  clockStates,
  isPackableTime,
  kindOf,
  readValue,
  valueKindBits,
  valueKindMask,
  writeValue,
} from './packed-values.ts';

const flag = {
  clockMask: 0x03,
  unit: 0x04,
  otherDevice: 0x08,
  badCount: 0x10,
  /** The numbers are not over all that are not BAD. */
  otherNumericCount: 0x20,
  numbers: 0x40,
} as const;

/** What steps are counted from. */
interface Before {
  deviceId: string;
  from: number;
  span: number;
  count: number;
}
const nothingBefore = (): Before => ({ deviceId: '', from: 0, span: 0, count: 0 });

/** Can the summary be packed? Fractions of milliseconds, and half of the numbers, are rare, and go as text instead. */
export function isPackableSummary({ from, to, minimum, maximum, mean }: ReadingSummary): boolean {
  const numbers = [minimum, maximum, mean].filter((number) => number !== undefined);
  const isWhole = numbers.length === 0 || numbers.length === 3;
  return isWhole && isPackableTime(from) && isPackableTime(to) && to >= from;
}

export class SummaryWriter {
  readonly #bytes: ByteWriter;
  readonly #tag: number;
  readonly #name: (text: string) => number;
  #before = nothingBefore();

  /** Each begins with `tag`; `name` gives the place of a word in the dictionary, and writes it where it is new. */
  constructor(bytes: ByteWriter, tag: number, name: (text: string) => number) {
    this.#bytes = bytes;
    this.#tag = tag;
    this.#name = name;
  }

  reset(): void {
    this.#before = nothingBefore();
  }

  write(summary: ReadingSummary): void {
    const { deviceId, unit, from, count, badCount, numericCount, minimum, maximum, mean } = summary;
    const before = this.#before;
    const isOtherDevice = deviceId !== before.deviceId;
    // Names come before the entry that uses them.
    const signal = this.#name(summary.signal);
    const device = isOtherDevice ? this.#name(deviceId) : 0;
    const unitName = unit === undefined ? 0 : this.#name(unit);
    const hasNumbers = minimum !== undefined && maximum !== undefined && mean !== undefined;
    const isOtherCount = numericCount !== count - badCount;
    const flags =
      clockStates.indexOf(summary.clockState) |
      (unit === undefined ? 0 : flag.unit) |
      (isOtherDevice ? flag.otherDevice : 0) |
      (badCount === 0 ? 0 : flag.badCount) |
      (isOtherCount ? flag.otherNumericCount : 0) |
      (hasNumbers ? flag.numbers : 0);
    const bytes = this.#bytes;
    bytes.byte(this.#tag);
    bytes.byte(flags);
    bytes.whole(signal);
    if (isOtherDevice) bytes.whole(device);
    if (unit !== undefined) bytes.whole(unitName);
    const span = summary.to - from;
    bytes.signed(from - before.from);
    bytes.signed(span - before.span);
    bytes.signed(count - before.count);
    if (badCount !== 0) bytes.whole(badCount);
    if (isOtherCount) bytes.whole(numericCount);
    this.#writeValues(hasNumbers ? [minimum, maximum, mean, summary.last] : [summary.last]);
    this.#before = { deviceId, from, span, count };
  }

  #writeValues(values: readonly SignalValue[]): void {
    const kinds = values.map(kindOf);
    this.#bytes.whole(kinds.reduceRight((bits, kind) => (bits << valueKindBits) | kind, 0));
    for (const [index, value] of values.entries()) {
      writeValue(this.#bytes, kinds[index] ?? 0, value);
    }
  }
}

export class SummaryReader {
  readonly #bytes: ByteReader;
  readonly #readName: () => string;
  #before = nothingBefore();

  constructor(bytes: ByteReader, readName: () => string) {
    this.#bytes = bytes;
    this.#readName = readName;
  }

  /** Reads what follows the tag. */
  read(): ReadingSummary {
    const bytes = this.#bytes;
    const before = this.#before;
    const flags = bytes.byte();
    const signal = this.#readName();
    const deviceId = (flags & flag.otherDevice) === 0 ? before.deviceId : this.#readName();
    const unit = (flags & flag.unit) === 0 ? undefined : this.#readName();
    const from = before.from + bytes.signed();
    const span = before.span + bytes.signed();
    const count = before.count + bytes.signed();
    const badCount = (flags & flag.badCount) === 0 ? 0 : bytes.whole();
    const numericCount = (flags & flag.otherNumericCount) === 0 ? count - badCount : bytes.whole();
    this.#before = { deviceId, from, span, count };
    const hasNumbers = (flags & flag.numbers) !== 0;
    let kinds = bytes.whole();
    const next = (): SignalValue => {
      const kind = kinds & valueKindMask;
      kinds >>= valueKindBits;
      return readValue(bytes, kind);
    };
    const [minimum, maximum, mean] = hasNumbers ? [next(), next(), next()].map(Number) : [];
    return {
      type: 'summary',
      deviceId,
      signal,
      ...(unit !== undefined && { unit }),
      from,
      to: from + span,
      count,
      badCount,
      numericCount,
      ...(minimum !== undefined && maximum !== undefined && mean !== undefined && { minimum, maximum, mean }),
      last: next(),
      clockState: clockStates[flags & flag.clockMask] ?? 'UNSYNCHRONIZED',
    };
  }
}
