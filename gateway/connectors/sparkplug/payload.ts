import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { dataType, type WireValue } from './data-types.ts';

const metricsMax = 10_000;
const nameLengthMax = 1024;

/** A metric as it came (Sparkplug 3.0, 6.4.6). */
export interface Metric {
  readonly name?: string;
  readonly alias?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  readonly type?: number;
  readonly historical: boolean;
  readonly isNull: boolean;
  /** OPC quality of the property `Quality`: 0 bad, 192 good, 500 stale. */
  readonly quality?: number;
  readonly value: WireValue;
}

export interface SparkplugPayload {
  readonly timestamp?: number;
  readonly sequence?: number;
  readonly metrics: readonly Metric[];
}

/** Reads a payload; undefined where the bytes are none. Never throws. */
export function decodePayload(bytes: Uint8Array): SparkplugPayload | undefined {
  try {
    return readPayload(new BinaryReader(bytes));
  } catch {
    // The reader throws at the first byte that cannot be: there is nothing to save of such a payload.
    return undefined;
  }
}

function readPayload(reader: BinaryReader): SparkplugPayload | undefined {
  const metrics: Metric[] = [];
  const head: { timestamp?: number; sequence?: number } = {};
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === WireType.Varint) {
      head.timestamp = Number(reader.uint64());
    } else if (field === 2 && wire === WireType.LengthDelimited) {
      if (metrics.length >= metricsMax) {
        return undefined;
      }
      metrics.push(readMetric(new BinaryReader(reader.bytes())));
    } else if (field === 3 && wire === WireType.Varint) {
      head.sequence = Number(reader.uint64());
    } else {
      reader.skip(wire, field);
    }
  }
  return { ...head, metrics };
}

type MutableMetric = { -readonly [Key in keyof Metric]: Metric[Key] };

function readMetric(reader: BinaryReader): Metric {
  const metric: MutableMetric = { historical: false, isNull: false, value: { kind: 'other' } };
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (wire === WireType.Varint && field <= 7) {
      readMember(metric, field, reader);
    } else if (field === 1 && wire === WireType.LengthDelimited) {
      metric.name = reader.string().slice(0, nameLengthMax);
    } else if (field === 9 && wire === WireType.LengthDelimited) {
      const quality = readQuality(new BinaryReader(reader.bytes()));
      if (quality !== undefined) {
        metric.quality = quality;
      }
    } else if (field >= 10 && field <= 19) {
      metric.value = readValue(field - 10, wire, reader);
    } else {
      reader.skip(wire, field);
    }
  }
  return metric;
}

function readMember(metric: MutableMetric, field: number, reader: BinaryReader): void {
  const number = BigInt(reader.uint64());
  if (field === 2) {
    metric.alias = String(number);
  } else if (field === 3) {
    metric.timestamp = Number(number);
  } else if (field === 4) {
    metric.type = Number(number);
  } else if (field === 5) {
    metric.historical = number !== 0n;
  } else if (field === 7) {
    metric.isNull = number !== 0n;
  }
}

/** The member of a value's choice, counted from `int_value`. */
function readValue(member: number, wire: WireType, reader: BinaryReader): WireValue {
  if ((member === 0 || member === 1) && wire === WireType.Varint) {
    return { kind: 'integer', value: BigInt(reader.uint64()) };
  }
  if (member === 2 && wire === WireType.Bit32) {
    return { kind: 'float', value: reader.float() };
  }
  if (member === 3 && wire === WireType.Bit64) {
    return { kind: 'double', value: reader.double() };
  }
  if (member === 4 && wire === WireType.Varint) {
    return { kind: 'boolean', value: reader.bool() };
  }
  if (member === 5 && wire === WireType.LengthDelimited) {
    return { kind: 'string', value: reader.string() };
  }
  reader.skip(wire);
  return { kind: 'other' };
}

/** The number under the key `Quality` of a set of properties. */
function readQuality(reader: BinaryReader): number | undefined {
  const keys: string[] = [];
  const values: (number | undefined)[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === WireType.LengthDelimited) {
      keys.push(reader.string());
    } else if (field === 2 && wire === WireType.LengthDelimited) {
      values.push(readInteger(new BinaryReader(reader.bytes())));
    } else {
      reader.skip(wire, field);
    }
  }
  return values[keys.findIndex((key) => key.toLowerCase() === 'quality')];
}

function readInteger(reader: BinaryReader): number | undefined {
  let found: number | undefined;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if ((field === 3 || field === 4) && wire === WireType.Varint) {
      found = Number(reader.uint64());
    } else {
      reader.skip(wire, field);
    }
  }
  return found;
}

/** A metric of a command: by its alias where it has one, else by its name (Sparkplug 3.0, 6.4.6). */
export interface CommandMetric {
  readonly name?: string;
  readonly alias?: string;
  readonly type: number;
  readonly value: WireValue;
}

/** The payload of NCMD or DCMD. `now` is in milliseconds since the epoch. */
export function encodeCommand(metrics: readonly CommandMetric[], now: number): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).uint64(now);
  for (const metric of metrics) {
    writer.tag(2, WireType.LengthDelimited).fork();
    if (metric.name !== undefined) {
      writer.tag(1, WireType.LengthDelimited).string(metric.name);
    }
    if (metric.alias !== undefined) {
      writer.tag(2, WireType.Varint).uint64(metric.alias);
    }
    writer.tag(3, WireType.Varint).uint64(now);
    writer.tag(4, WireType.Varint).uint32(metric.type);
    writeValue(writer, metric);
    writer.join();
  }
  return Buffer.from(writer.finish());
}

function writeValue(writer: BinaryWriter, { type, value }: CommandMetric): void {
  if (value.kind === 'integer') {
    const long = type === dataType.int64 || type === dataType.uint64 || type === dataType.dateTime;
    if (long) {
      writer.tag(11, WireType.Varint).uint64(value.value);
    } else {
      writer.tag(10, WireType.Varint).uint32(Number(value.value));
    }
  } else if (value.kind === 'float') {
    writer.tag(12, WireType.Bit32).float(value.value);
  } else if (value.kind === 'double') {
    writer.tag(13, WireType.Bit64).double(value.value);
  } else if (value.kind === 'boolean') {
    writer.tag(14, WireType.Varint).bool(value.value);
  } else if (value.kind === 'string') {
    writer.tag(15, WireType.LengthDelimited).string(value.value);
  }
}
