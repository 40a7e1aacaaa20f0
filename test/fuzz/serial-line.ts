import type { SerialFrame, SerialLineConnector } from '@andon/shared/contracts';
import { Expression, frameFormatOf, parseOutgoing } from '@andon/shared/serial-framing';
import { bytesOf, encodeFrame, textOf } from '../../gateway/connectors/serial-line/frame.ts';
import { FrameParser } from '../../gateway/connectors/serial-line/frame-parser.ts';
import { Messages } from '../../gateway/connectors/serial-line/messages.ts';
import { framings } from '../support/serial-framings.ts';
import { type FuzzTarget, inPieces, must } from './target.ts';

/** A parser may keep a frame, and what it needs to know that the frame is over. */
const slackBytes = 16;

const unchecked: Readonly<Record<string, SerialFrame>> = {
  'lines without a checksum': { end: '\n', lengthMax: 64 },
  SLIP: { end: '\xc0', escape: { byte: '\xdb', replace: { '\xdc': '\xc0', '\xdd': '\xdb' } } },
  'a length and nothing else': { lengthPrefix: { bytes: 4 }, lengthMax: 300 },
  silence: { idleMilliseconds: 10, idleEnds: 'frame', lengthMax: 64 },
};

const bodies = ['', 'A,1.5,-2', '{"a":[1,2]}', 'x'.repeat(21), '\x00\xff\x10\x03\x7e\x7d'].map(bytesOf);

function framing([name, frame]: [string, SerialFrame]): FuzzTarget {
  const format = frameFormatOf(frame);
  const parser = new FrameParser(format);
  let fed = 0;
  let accounted = 0;
  return {
    name: `serial line: ${name}`,
    share: 1 / Object.keys({ ...framings, ...unchecked }).length,
    samples: bodies.flatMap((body) => encodeFrame(body, format) ?? [body]),
    feed(input, random) {
      for (const piece of inPieces(input, random)) {
        fed += piece.length;
        const parts = random() < 0.1 ? [...parser.push(piece), ...parser.idle()] : parser.push(piece);
        for (const part of parts) {
          accounted += part.kind === 'frame' ? part.wireBytes : part.bytes;
        }
        must(
          parser.bytesPending <= format.lengthMax + slackBytes,
          'the parser keeps little more than a frame',
        );
      }
      must(accounted + parser.bytesPending === fed, 'every byte is accounted for');
    },
  };
}

const values: FuzzTarget = {
  name: 'serial line: values',
  share: 0.2,
  samples: [
    'A,1.5,-2',
    'B,07FF, on',
    '+  12.5 kg',
    '{"a":{"b":[1,"x",null]}}',
    '\x00\x01\x02\x03\x04\x05\x06\x07',
  ].map(bytesOf),
  feed(input) {
    const frame = { bytes: input, body: textOf(input) };
    const parts = messages.partsOf(frame.body);
    for (const which of ['known', 'any'] as const) {
      for (const { value, badReason } of messages.read(frame, parts, which) ?? []) {
        must((value === null) === (badReason !== undefined), 'a value is null exactly where its read failed');
        must(typeof value !== 'number' || Number.isFinite(value), 'a number is finite');
      }
    }
  },
};

const settings: SerialLineConnector = {
  type: 'serial-line',
  name: 'line',
  port: { path: 'none' },
  deviceId: 'device',
  frame: { end: '\n' },
  fieldSeparator: ',',
  messages: [
    { tag: 'A', fields: [{ signal: 'a', position: 1, scale: 1e300 }] },
    { tag: 'B', fields: [{ signal: 'b', position: 1, type: 'hex' }] },
    { pattern: '^(?P<n>[+-] *[0-9.]+) (?P<u>k?g)$', fields: [{ signal: 'c', group: 'n' }] },
    {
      bytes: { at: 0, equal: '\x00' },
      fields: [
        { signal: 'd', at: 1, as: 'int24', byteOrder: 'little', bit: 3, bits: 9 },
        { signal: 'e', at: -8, as: 'float64' },
        { signal: 'f', at: 2, as: 'bcd', bytes: 9 },
        { signal: 'g', at: -4, as: 'text', bytes: 4 },
        { signal: 'h', at: 0, as: 'uint64' },
      ],
    },
    {
      fields: [
        { signal: 'j', path: 'a.b[0]' },
        { signal: 'k', path: 'a' },
      ],
    },
  ],
};
const messages = new Messages(settings);

/** What a configuration may hold is read by parsers of its own. */
const languages: FuzzTarget = {
  name: 'serial line: expressions and templates',
  share: 0.01,
  samples: ['^(?P<a>x+)+$', '[a-z]{1,9}(b|c)*', 'SET {value:05.1}\\x0D', '06 {value:int16-little} FF'].map(
    bytesOf,
  ),
  feed(input) {
    const text = textOf(input).slice(0, 1024);
    const parsed = Expression.parse(text);
    if (typeof parsed !== 'string') {
      parsed.match('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxab');
    }
    parseOutgoing({ text });
    parseOutgoing({ hex: text });
  },
};

export const serialLineTargets: readonly FuzzTarget[] = [
  ...Object.entries<SerialFrame>({ ...framings, ...unchecked }).map(framing),
  values,
  languages,
];
