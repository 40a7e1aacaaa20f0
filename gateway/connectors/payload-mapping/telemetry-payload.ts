import { isAscii } from 'node:buffer';
import { BootId, SignalName } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
import { messageOf } from '../../message-of.ts';
import type { RawValue } from '../connector.ts';
import { looksLikeSenml, parseSenml, type RefusedRecord, type SenmlRefusal } from './senml.ts';

const signalName = Compile(SignalName);
const bootId = Compile(BootId);
const textLengthMax = 4096;
/** Values that one message may hold, however it is written. */
export const valuesPerMessageMax = 1000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Names that were found legal, so that each is looked at once. */
const legalNames = new Set<string>();
const legalNamesMax = 10_000;

function isSignalName(name: string): boolean {
  if (legalNames.has(name)) {
    return true;
  }
  const isLegal = signalName.Check(name);
  if (isLegal && legalNames.size < legalNamesMax) {
    legalNames.add(name);
  }
  return isLegal;
}

export type TelemetryRefusal =
  | 'not-utf-8'
  | 'broken-json'
  | 'not-an-object'
  | 'no-values'
  | 'too-many-values'
  | 'timestamp-invalid'
  | 'boot-id-invalid'
  | SenmlRefusal;

export interface Telemetry {
  readonly values: readonly RawValue[];
  readonly sourceTime?: number;
  readonly bootId?: string;
  /** Members that could not be taken: names that no signal may have, or that the envelope does not know. */
  readonly membersRefused: readonly string[];
  /** Records of a SenML pack that could not be taken. */
  readonly recordsRefused?: readonly RefusedRecord[];
}

export type TelemetryResult =
  | { readonly telemetry: Telemetry }
  | { readonly refusal: TelemetryRefusal; readonly detail: string };

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads JSON text in UTF-8, or says why it is none. */
export function readJson(
  payload: Uint8Array,
): { readonly json: unknown } | { readonly refusal: 'not-utf-8' | 'broken-json'; readonly detail: string } {
  let text: string;
  try {
    text = Buffer.isBuffer(payload) && isAscii(payload) ? payload.toString('latin1') : utf8.decode(payload);
  } catch {
    return { refusal: 'not-utf-8', detail: `${payload.length} bytes` };
  }
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    return { refusal: 'broken-json', detail: messageOf(error) };
  }
}

/**
 * Reads a telemetry message: `{signal: value}`, or `{ts, values, bootId?}` with `ts` in milliseconds since the
 * epoch or an ISO 8601 text with its zone. Objects nested once become `outer.inner`. A value of a kind that no
 * signal has (an array, a deeper object) becomes a failed read, so that its signal turns BAD and not silent. A list of
 * records is SenML (RFC 8428), whose times may be relative to now.
 */
export function parseTelemetry(payload: Uint8Array, now: () => number): TelemetryResult {
  const read = readJson(payload);
  if ('refusal' in read) {
    return read;
  }
  if (Array.isArray(read.json) && looksLikeSenml(read.json)) {
    const pack = parseSenml(read.json, now());
    return 'refusal' in pack
      ? pack
      : { telemetry: { values: pack.values, membersRefused: [], recordsRefused: pack.refused } };
  }
  if (!isObject(read.json)) {
    return { refusal: 'not-an-object', detail: 'a JSON object of signals and values is expected' };
  }
  const enveloped = isObject(read.json.values);
  return enveloped ? parseEnvelope(read.json) : withValues(read.json, {}, []);
}

function parseEnvelope(envelope: JsonObject): TelemetryResult {
  const head: { sourceTime?: number; bootId?: string } = {};
  const refused: string[] = [];
  for (const name of Object.keys(envelope)) {
    const value = envelope[name];
    if (name === 'ts') {
      const sourceTime = parseTimestamp(value);
      if (sourceTime === undefined) {
        return { refusal: 'timestamp-invalid', detail: describe(value) };
      }
      head.sourceTime = sourceTime;
    } else if (name === 'bootId') {
      if (!bootId.Check(value)) {
        return { refusal: 'boot-id-invalid', detail: describe(value) };
      }
      head.bootId = value;
    } else if (name !== 'values') {
      refused.push(name);
    }
  }
  const values = isObject(envelope.values) ? envelope.values : {};
  return withValues(values, head, refused);
}

function withValues(
  members: JsonObject,
  head: { readonly sourceTime?: number; readonly bootId?: string },
  refused: string[],
): TelemetryResult {
  const taken = Object.values(members).some(isObject)
    ? nestedValues(members, refused)
    : flatValues(members, refused);
  if (taken === undefined) {
    return { refusal: 'too-many-values', detail: `more than ${valuesPerMessageMax}` };
  }
  if (taken.length === 0) {
    return { refusal: 'no-values', detail: refused.length > 0 ? `refused: ${describe(refused)}` : 'empty' };
  }
  return { telemetry: { ...head, values: taken, membersRefused: refused } };
}

/** Undefined where there are too many. */
function flatValues(members: JsonObject, refused: string[]): RawValue[] | undefined {
  const values: RawValue[] = [];
  for (const name of Object.keys(members)) {
    if (!isSignalName(name)) {
      refused.push(name);
    } else if (values.length >= valuesPerMessageMax) {
      return undefined;
    } else {
      values.push(rawValue(name, members[name]));
    }
  }
  return values;
}

/** As `flatValues`, with the members of objects; of a name that comes twice so, the later value stands. */
function nestedValues(members: JsonObject, refused: string[]): RawValue[] | undefined {
  const values = new Map<string, RawValue>();
  for (const [name, value] of flattened(members)) {
    if (!isSignalName(name)) {
      refused.push(name);
    } else if (values.size >= valuesPerMessageMax && !values.has(name)) {
      return undefined;
    } else {
      values.set(name, rawValue(name, value));
    }
  }
  return [...values.values()];
}

function* flattened(members: JsonObject): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(members)) {
    if (isObject(value)) {
      for (const [inner, innerValue] of Object.entries(value)) {
        yield [`${name}.${inner}`, innerValue];
      }
    } else {
      yield [name, value];
    }
  }
}

function rawValue(signal: string, value: unknown): RawValue {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { signal, value } : { signal, value: null, badReason: 'not-finite' };
  }
  if (typeof value === 'string') {
    return value.length <= textLengthMax
      ? { signal, value }
      : { signal, value: null, badReason: 'text-too-long' };
  }
  if (typeof value === 'boolean') {
    return { signal, value };
  }
  return { signal, value: null, badReason: value === null ? 'no-value' : 'not-a-value' };
}

const isoText = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const timeMax = 8_640_000_000_000_000;

/** Milliseconds since the epoch, of a whole number of them or of an ISO 8601 text that names its zone. */
export function parseTimestamp(value: unknown): number | undefined {
  const time =
    typeof value === 'string' && isoText.test(value)
      ? Date.parse(value)
      : typeof value === 'number'
        ? value
        : NaN;
  return time >= 0 && time <= timeMax ? Math.trunc(time) : undefined;
}

const detailLengthMax = 120;

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, detailLengthMax);
}
