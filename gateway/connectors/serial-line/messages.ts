import { type SerialLineConnector, type SerialMessage, serialMessagesOf } from '@andon/shared/contracts';
import { type Expression, expressionOf, unescaped } from '@andon/shared/serial-framing';
import type { RawValue } from '../connector.ts';
import { type FieldReader, fieldReader } from './field-values.ts';
import { bytesOf, type Frame } from './frame.ts';

/** One kind of frame that carries readings. */
interface Message {
  readonly tag: string | undefined;
  readonly expression: Expression | undefined;
  readonly mark: { readonly at: number; readonly bytes: Uint8Array } | undefined;
  readonly ofJson: boolean;
  readonly readers: readonly FieldReader[];
}

const noGroups: ReadonlyMap<string, string> = new Map();

/** Takes the values out of frames. */
export class Messages {
  /** All signals, each once. */
  readonly signals: readonly string[];
  readonly #separator: string;
  readonly #messages: readonly Message[];

  constructor(settings: SerialLineConnector) {
    const { bootIdSignal, firmwareSignal, fieldSeparator } = settings;
    this.#separator = unescaped(fieldSeparator ?? '');
    const named = new Set([bootIdSignal, firmwareSignal]);
    // A message that takes any frame is tried after those that know theirs.
    this.#messages = serialMessagesOf(settings)
      .map((message) => messageOf(message, named))
      .toSorted((one, other) => Number(takesAny(one)) - Number(takesAny(other)));
    this.signals = [...new Set(this.#messages.flatMap(({ readers }) => readers.map(({ signal }) => signal)))];
  }

  /** The body between separators; empty where the configuration has none. */
  partsOf(body: string): readonly string[] {
    return this.#separator === '' ? [] : body.split(this.#separator);
  }

  /** The values of a frame that carries readings; undefined where it carries none. */
  read(frame: Frame, parts: readonly string[], which: 'known' | 'any'): RawValue[] | undefined {
    for (const message of this.#messages) {
      if (takesAny(message) !== (which === 'any')) {
        continue;
      }
      const groups = matched(message, frame, parts);
      if (groups !== undefined) {
        const json = message.ofJson ? jsonOf(frame.body) : undefined;
        const content = { bytes: frame.bytes, parts, groups, json };
        return message.readers.map((reader) => reader.read(content));
      }
    }
    return undefined;
  }

  /** Every signal as a failed read. */
  failed(badReason: string): RawValue[] {
    return this.signals.map((signal) => ({ signal, value: null, badReason }));
  }
}

function messageOf(message: SerialMessage, named: ReadonlySet<string | undefined>): Message {
  const { tag, pattern, bytes, fields } = message;
  return {
    tag,
    expression: pattern === undefined ? undefined : expressionOf(pattern),
    mark: bytes && { at: bytes.at, bytes: bytesOf(unescaped(bytes.equal)) },
    ofJson: fields.some(({ path }) => path !== undefined),
    readers: fields.map((field) => fieldReader(field, named.has(field.signal))),
  };
}

function takesAny({ tag, expression, mark }: Message): boolean {
  return tag === undefined && expression === undefined && mark === undefined;
}

/** The named groups where the frame is of this kind. */
function matched(
  { tag, expression, mark }: Message,
  frame: Frame,
  parts: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (tag !== undefined && parts[0] !== tag) {
    return undefined;
  }
  if (mark?.bytes.some((byte, index) => frame.bytes[mark.at + index] !== byte)) {
    return undefined;
  }
  return expression === undefined ? noGroups : expression.match(frame.body);
}

/** JSON is UTF-8 (RFC 8259, 8.1). */
function jsonOf(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
    return parsed;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
