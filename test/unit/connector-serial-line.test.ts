import type { Checksum, SerialFrame, SerialLineConnector } from '@andon/shared/contracts';
import { checksumOf, frameFormatOf, parseOutgoing, unescaped } from '@andon/shared/serial-framing';
import { describe, expect, it } from 'vitest';
import { answerIn } from '../../gateway/connectors/serial-line/answers.ts';
import { bytesOf, encodeFrame, textOf } from '../../gateway/connectors/serial-line/frame.ts';
import { FrameParser } from '../../gateway/connectors/serial-line/frame-parser.ts';
import { Messages } from '../../gateway/connectors/serial-line/messages.ts';
import { fillOutgoing, fillTemplate } from '../../gateway/connectors/serial-line/template.ts';

const nmea = frameFormatOf({ start: '$', end: '\\r\\n', checksum: 'nmea' });

/** What a parser makes of some text, without the bytes that stand for the same as the body. */
function parse(text: string, format = nmea, parser = new FrameParser(format)) {
  return parser.push(Buffer.from(text, 'latin1')).map(plain);
}
const plain = (part: ReturnType<FrameParser['push']>[number]) =>
  part.kind === 'frame' ? { kind: part.kind, body: part.body } : part;
const encoded = (body: string, frame: SerialFrame) =>
  textOf(encodeFrame(bytesOf(body), frameFormatOf(frame)) ?? new Uint8Array());
const ofFrame = (text: string, frame: SerialFrame) => parse(text, frameFormatOf(frame));

describe('checksums of serial frames', () => {
  const check = new TextEncoder().encode('123456789');

  // The check values of the catalogue of parametrised CRC algorithms, and the sums by hand.
  const published: [Exclude<Checksum, 'none'>, number][] = [
    ['xor', 0x31],
    ['nmea', 0x31],
    ['lrc', 0x23],
    ['sum-8', 0xdd],
    ['sum-8-twos-complement', 0x23],
    ['sum-16', 0x01dd],
    ['sum-16-twos-complement', 0xfe23],
    ['crc-8-smbus', 0xf4],
    ['crc-8-maxim-dow', 0xa1],
    ['crc-8-sae-j1850', 0x4b],
    ['crc-8-autosar', 0xdf],
    ['crc-8-rohc', 0xd0],
    ['crc-8-i-432-1', 0xa1],
    ['crc-8-cdma2000', 0xda],
    ['crc-8-dvb-s2', 0xbc],
    ['crc-16-modbus', 0x4b37],
    ['crc-16-ccitt-false', 0x29b1],
    ['crc-16-xmodem', 0x31c3],
    ['crc-16-kermit', 0x2189],
    ['crc-16-arc', 0xbb3d],
    ['crc-16-ibm-sdlc', 0x906e],
    ['crc-16-usb', 0xb4c8],
    ['crc-16-dnp', 0xea82],
    ['crc-16-genibus', 0xd64e],
    ['crc-16-maxim-dow', 0x44c2],
    ['crc-16-mcrf4xx', 0x6f91],
    ['crc-16-spi-fujitsu', 0xe5cc],
    ['crc-16-umts', 0xfee8],
    ['crc-16-en-13757', 0xc2b7],
    ['crc-32-iso-hdlc', 0xcbf43926],
    ['crc-32-bzip2', 0xfc891918],
    ['crc-32-mpeg-2', 0x0376e6e7],
    ['crc-32-iscsi', 0xe3069283],
  ];

  it.each(published)('%s has its published check value', (kind, value) => {
    expect(checksumOf(check, kind).toString(16)).toBe(value.toString(16));
  });

  it('are those that devices send', () => {
    // A GPGGA sentence as GPS receivers send it.
    const sentence = 'GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,';
    expect(parse(`$${sentence}*47\r\n`)).toEqual([{ kind: 'frame', body: sentence }]);
    // A request and an answer of Modbus ASCII: LRC in hexadecimal over the bytes is not over the digits, so by hand.
    expect(checksumOf(Uint8Array.of(0xf7, 0x03, 0x13, 0x89, 0x00, 0x0a), 'lrc')).toBe(0x60);
  });
});

describe('the frame parser', () => {
  it('finds a frame and counts what stands before it', () => {
    expect(parse('noise$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 5 },
      { kind: 'frame', body: 'GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,' },
    ]);
  });

  it('believes nothing of a frame whose checksum is wrong, absent or not hexadecimal', () => {
    for (const text of ['A,1*00', 'A,1', 'A,1*', '*', 'A,1*GG', '']) {
      const bytes = text.length + 3;
      expect(parse(`$${text}\r\n`), text).toEqual([{ kind: 'corrupt', reason: 'checksum', bytes, text }]);
    }
  });

  it('finds a frame that begins in the middle of a broken one, and one whose body holds the start', () => {
    const good = encoded('B,2', { start: '$', end: '\r\n', checksum: 'nmea' });
    expect(parse(`$A,1${good}`)).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 4 },
      { kind: 'frame', body: 'B,2' },
    ]);
    const dollar = encoded('A,5$,7', { start: '$', end: '\r\n', checksum: 'nmea' });
    expect(parse(dollar)).toEqual([{ kind: 'frame', body: 'A,5$,7' }]);
  });

  it('works without start or checksum, and with control characters', () => {
    expect(ofFrame('A,1\nB\n\n', { end: '\n' })).toEqual([
      { kind: 'frame', body: 'A,1' },
      { kind: 'frame', body: 'B' },
      { kind: 'discarded', reason: 'fill', bytes: 1 },
    ]);
    expect(ofFrame('x\u0002A\u0003', { start: '\\u0002', end: '\\x03', checksum: 'none' })).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 1 },
      { kind: 'frame', body: 'A' },
    ]);
    expect(unescaped('a\\\\n\\q')).toBe('a\\n\\q');
  });

  it('throws away a frame that is too long, and finds the next', () => {
    const short: SerialFrame = { start: '$', end: '\n', lengthMax: 8 };
    const parts = ofFrame(`$${'x'.repeat(50)}\n$ok\n`, short);
    expect(parts).toEqual([
      { kind: 'discarded', reason: 'too-long', bytes: 52 },
      { kind: 'frame', body: 'ok' },
    ]);
    const parser = new FrameParser(frameFormatOf({ end: '\n', lengthMax: 8 }));
    parser.push(Buffer.from('x'.repeat(50)));
    expect(parse('tail\nok\n', nmea, parser).at(-1)).toEqual({ kind: 'frame', body: 'ok' });
  });

  it('takes a checksum behind the end, as ISO 1745 has it', () => {
    const frame: SerialFrame = {
      start: '\x02',
      end: '\x03',
      checksum: 'xor',
      checksumForm: 'binary',
      checksumPosition: 'after-end',
    };
    // The block check covers the text and ETX: 0x31 ^ 0x32 ^ 0x03 is zero.
    expect(encoded('12', frame)).toBe('\x0212\x03\x00');
    expect(ofFrame('\x0212\x03\x01\x0212\x03\x00', frame)).toEqual([
      { kind: 'corrupt', reason: 'checksum', bytes: 4, text: '12' },
      { kind: 'discarded', reason: 'noise', bytes: 1 },
      { kind: 'frame', body: '12' },
    ]);
    expect(ofFrame('\x0212\x03', frame)).toEqual([]);
  });

  it('is not misled by a checksum in bytes that looks like the end', () => {
    const frame: SerialFrame = { end: '\n', checksum: 'sum-8', checksumForm: 'binary' };
    // 0x04 + 0x06 is the line feed itself.
    const text = encoded('\x04\x06', frame);
    expect(text).toBe('\x04\x06\n\n');
    expect(ofFrame(`${text}${text}`, frame)).toEqual([
      { kind: 'frame', body: '\x04\x06' },
      { kind: 'frame', body: '\x04\x06' },
    ]);
  });

  it('undoes the escapes of HDLC, SLIP and DLE framing', () => {
    const hdlc: SerialFrame = {
      start: '\x7e',
      end: '\x7e',
      escape: { byte: '\x7d', xor: 0x20 },
      checksum: 'crc-16-ibm-sdlc',
      checksumForm: 'binary',
      checksumByteOrder: 'little',
    };
    expect(encoded('a\x7eb\x7dc', hdlc)).toMatch(/^~a\x7d\x5eb\x7d\x5dc/);
    expect(ofFrame(encoded('a\x7eb\x7dc', hdlc), hdlc).at(-1)).toEqual({
      kind: 'frame',
      body: 'a\x7eb\x7dc',
    });
    const slip: SerialFrame = {
      end: '\\xC0',
      escape: { byte: '\\xDB', replace: { '\\xDC': '\\xC0', '\\xDD': '\\xDB' } },
    };
    // RFC 1055.
    expect(encoded('\xc0\xdb', slip)).toBe('\xdb\xdc\xdb\xdd\xc0');
    expect(ofFrame('\xdb\xdc\xdb\xdd\xc0', slip)).toEqual([{ kind: 'frame', body: '\xc0\xdb' }]);
    const dle: SerialFrame = { start: '\x10\x02', end: '\x10\x03', escape: { byte: '\x10' } };
    expect(encoded('\x10\x03', dle)).toBe('\x10\x02\x10\x10\x03\x10\x03');
    expect(ofFrame('\x10\x02\x10\x10\x03\x10\x03', dle)).toEqual([{ kind: 'frame', body: '\x10\x03' }]);
    expect(ofFrame('\x10\x02\x10\x10\x02A\x10\x03', dle)).toEqual([{ kind: 'frame', body: '\x10\x02A' }]);
  });

  it('finds frames of one length, also after a byte too many or too few', () => {
    const frame: SerialFrame = { start: '#', length: 8, checksum: 'crc-8-smbus', checksumForm: 'binary' };
    const [one, other] = [encoded('abcdef', frame), encoded('ghijkl', frame)];
    expect(one).toHaveLength(8);
    expect(ofFrame(`${one}x${other}`, frame)).toEqual([
      { kind: 'frame', body: 'abcdef' },
      { kind: 'discarded', reason: 'noise', bytes: 1 },
      { kind: 'frame', body: 'ghijkl' },
    ]);
    expect(ofFrame(`${one.slice(0, 5)}${other}${one}`, frame)).toEqual([
      { kind: 'corrupt', reason: 'checksum', bytes: 0, text: '#abcd#gh' },
      { kind: 'discarded', reason: 'checksum', bytes: 5 },
      { kind: 'frame', body: 'ghijkl' },
      { kind: 'frame', body: 'abcdef' },
    ]);
    expect(encodeFrame(bytesOf('toolong'), frameFormatOf(frame))).toBeUndefined();
  });

  it.each<[string, SerialFrame, string, string]>([
    ['one byte', { lengthPrefix: { bytes: 1 } }, 'abc', '\x03abc'],
    ['two bytes, the highest first', { start: 'S', lengthPrefix: { bytes: 2 } }, 'abc', 'S\x00\x03abc'],
    [
      'four bytes, the lowest first',
      { lengthPrefix: { bytes: 4, byteOrder: 'little' } },
      'abc',
      '\x03\x00\x00\x00abc',
    ],
    [
      'one that counts itself and the checksum',
      {
        lengthPrefix: { bytes: 1, counts: ['prefix', 'checksum'] },
        checksum: 'sum-8',
        checksumForm: 'binary',
      },
      'abc',
      '\x05abc\x2b',
    ],
    [
      'one behind an address, with a checksum over the whole and an end',
      {
        start: '\x02',
        end: '\x03',
        lengthPrefix: { bytes: 1, at: 2, counts: ['head', 'prefix', 'checksum', 'end'] },
        checksum: 'xor',
        checksumForm: 'binary',
        checksumCovers: { start: true },
      },
      'Aab',
      '\x02A\x07ab\x47\x03',
    ],
  ])('finds frames that tell their length in %s', (_, frame, body, wire) => {
    expect(encoded(body, frame)).toBe(wire);
    const head =
      frame.lengthPrefix?.at === undefined ? 0 : frame.lengthPrefix.at - (frame.start ?? '').length;
    expect(ofFrame(wire + wire, frame)).toEqual([
      { kind: 'frame', body: body.slice(head) },
      { kind: 'frame', body: body.slice(head) },
    ]);
  });

  it('gives up what a silence cut off, and finds what is whole in it', () => {
    const frame: SerialFrame = {
      start: 'S',
      lengthPrefix: { bytes: 1 },
      checksum: 'xor',
      checksumForm: 'binary',
    };
    const good = encoded('ok', frame);
    const parser = new FrameParser(frameFormatOf(frame));
    expect(parse(`S\x40${good}`, nmea, parser)).toEqual([]);
    expect(parser.idle().map(plain)).toEqual([
      { kind: 'discarded', reason: 'idle', bytes: 1 },
      { kind: 'discarded', reason: 'noise', bytes: 1 },
      { kind: 'frame', body: 'ok' },
    ]);
    expect(parser.bytesPending).toBe(0);
  });

  it('takes silence for the end of a frame where the machine sends none', () => {
    const parser = new FrameParser(frameFormatOf({ idleMilliseconds: 20, idleEnds: 'frame' }));
    expect(parser.push(Buffer.from('+12'))).toEqual([]);
    expect(parser.push(Buffer.from('.5'))).toEqual([]);
    expect(parser.idle().map(plain)).toEqual([{ kind: 'frame', body: '+12.5' }]);
    expect(parser.idle()).toEqual([]);
    const delimited = new FrameParser(frameFormatOf({ end: '\r', idleMilliseconds: 20 }));
    delimited.push(Buffer.from('abc'));
    expect(delimited.idle()).toEqual([{ kind: 'discarded', reason: 'idle', bytes: 3 }]);
  });
});

/** The values of one frame with this body. */
function valuesOf(body: string, settings: Partial<SerialLineConnector>, bytes = bytesOf(body)) {
  const messages = new Messages({
    type: 'serial-line',
    name: 'line',
    port: { path: 'x' },
    deviceId: 'device',
    frame: { end: '\n' },
    ...settings,
  });
  const frame = { bytes, body };
  const parts = messages.partsOf(body);
  return messages.read(frame, parts, 'known') ?? messages.read(frame, parts, 'any');
}

describe('the fields of a frame', () => {
  const settings: Partial<SerialLineConnector> = {
    fieldSeparator: ',',
    readingTag: 'OVN',
    fields: [
      { signal: 'temperature', position: 1, unit: 'Cel', scale: 0.1 },
      { signal: 'door', position: 2, type: 'text' },
      { signal: 'boot', position: 3 },
    ],
    bootIdSignal: 'boot',
  };

  it('are values by position', () => {
    expect(valuesOf('OVN,213, open ,7f', settings)).toEqual([
      { signal: 'temperature', unit: 'Cel', value: 21.3 },
      { signal: 'door', value: 'open' },
      { signal: 'boot', value: '7f' },
    ]);
    expect(valuesOf('ABC,213', settings)).toBeUndefined();
  });

  it('are failed reads where they are absent, empty or no number', () => {
    expect(valuesOf('OVN,hot,', settings)).toEqual([
      { signal: 'temperature', unit: 'Cel', value: null, badReason: 'not-a-number' },
      { signal: 'door', value: null, badReason: 'no-value' },
      { signal: 'boot', value: null, badReason: 'field-missing' },
    ]);
    expect(valuesOf('OVN,0x1F', settings)?.[0]).toMatchObject({ badReason: 'not-a-number' });
    expect(valuesOf('OVN,1e999', settings)?.[0]).toMatchObject({ badReason: 'not-a-number' });
  });

  it('are the named groups of an expression', () => {
    const scale: Partial<SerialLineConnector> = {
      pattern: '^(?<state>ST|US),GS,(?<weight>[+-] *[0-9.]+)(?<unit>kg|lb)$',
      fields: [
        { signal: 'state', group: 'state', type: 'text' },
        { signal: 'weight', group: 'weight', unit: 'kg' },
      ],
    };
    expect(valuesOf('ST,GS,+  12.5kg', scale)).toEqual([
      { signal: 'state', value: 'ST' },
      { signal: 'weight', unit: 'kg', value: 12.5 },
    ]);
    expect(valuesOf('OL,GS,+12.5kg', scale)).toBeUndefined();
  });

  it('cost no more than the text is long, whatever the expression', () => {
    const pattern = '^(?<a>(x+x+)+)y$';
    expect(valuesOf('x'.repeat(20_000), { pattern, fields: [{ signal: 'a', group: 'a' }] })).toBeUndefined();
  });

  it('are paths into JSON', () => {
    const json: Partial<SerialLineConnector> = {
      fields: [
        { signal: 'temperature', path: 'sensors[1].t', scale: 0.1 },
        { signal: 'name', path: 'name' },
        { signal: 'on', path: 'on' },
        { signal: 'gone', path: 'gone' },
        { signal: 'object', path: 'sensors' },
      ],
    };
    expect(valuesOf('{"sensors":[0,{"t":213}],"name":"caf\xc3\xa9","on":true}', json)).toEqual([
      { signal: 'temperature', value: 21.3 },
      { signal: 'name', value: 'café' },
      { signal: 'on', value: true },
      { signal: 'gone', value: null, badReason: 'field-missing' },
      { signal: 'object', value: null, badReason: 'not-a-value' },
    ]);
    expect(valuesOf('{"sensors', json)?.[0]).toMatchObject({ badReason: 'not-json' });
  });

  it('are bytes at a place', () => {
    const bytes = Uint8Array.from([
      ...[0xaa, 0xfe, 0xff, 0xff, 0x00, 0x00, 0xc8, 0x42, 0x12, 0x34],
      ...[0x41, 0x42, 0x00, 0x80, 0xb4, 0x00, 0x00, 0x00, 0x01, 0x00],
    ]);
    const fields: SerialLineConnector['fields'] = [
      { signal: 'int16', at: 1, as: 'int16', byteOrder: 'little' },
      { signal: 'uint16', at: 1, as: 'uint16' },
      { signal: 'int24', at: 1, as: 'int24' },
      { signal: 'float', at: 4, as: 'float32', byteOrder: 'little' },
      { signal: 'bcd', at: 8, as: 'bcd', bytes: 2, scale: 0.01 },
      { signal: 'text', at: 10, as: 'text', bytes: 3 },
      { signal: 'bit', at: 14, as: 'uint8', bit: 7 },
      { signal: 'bits', at: 14, as: 'uint8', bit: 4, bits: 3 },
      { signal: 'long', at: -5, as: 'uint32', byteOrder: 'little' },
      { signal: 'last', at: -1, as: 'int8' },
      { signal: 'none', at: 18, as: 'uint32' },
      { signal: 'digits', at: 0, as: 'bcd', bytes: 1 },
    ];
    const values = valuesOf('', { messages: [{ bytes: { at: 0, equal: '\\xAA' }, fields }] }, bytes);
    expect(values?.map(({ signal, value, badReason }) => [signal, badReason ?? value])).toEqual([
      ['int16', -2],
      ['uint16', 0xfeff],
      ['int24', -65_537],
      ['float', 100],
      ['bcd', 12.34],
      ['text', 'AB'],
      ['bit', 1],
      ['bits', 3],
      ['long', 0x01000000],
      ['last', 0],
      ['none', 'field-missing'],
      ['digits', 'not-a-number'],
    ]);
    expect(valuesOf('', { messages: [{ bytes: { at: 0, equal: '\\xAB' }, fields }] }, bytes)).toBeUndefined();
  });

  it('are those of the message that a frame is, and any frame is taken last', () => {
    const several: Partial<SerialLineConnector> = {
      fieldSeparator: ',',
      fields: [{ signal: 'anything', position: 0, type: 'text' }],
      messages: [
        { tag: 'SDDPT', fields: [{ signal: 'depth', position: 1, unit: 'm' }] },
        { tag: 'WIMWV', fields: [{ signal: 'wind', position: 3, unit: 'm/s' }] },
      ],
    };
    expect(valuesOf('SDDPT,3.6,0', several)).toEqual([{ signal: 'depth', unit: 'm', value: 3.6 }]);
    expect(valuesOf('WIMWV,214.8,R,0.1,M,A', several)).toEqual([{ signal: 'wind', unit: 'm/s', value: 0.1 }]);
    expect(valuesOf('other', several)).toEqual([{ signal: 'anything', value: 'other' }]);
  });
});

describe('templates of what is sent', () => {
  const fill = (
    template: { text?: string; hex?: string },
    value: number | string | boolean,
    parameters = {},
  ) => {
    const parsed = parseOutgoing(template);
    if ('mistake' in parsed) {
      throw new Error(parsed.mistake);
    }
    return textOf(fillOutgoing(parsed.parts, { commandId: 'c1', value, parameters }, nmea, ','));
  };

  it('fill in values as text', () => {
    expect(fill({ text: 'SP {value:05.1}\\x05' }, 21.55)).toBe('SP 021.6\x05');
    expect(fill({ text: '{value:04}' }, -7)).toBe('-007');
    expect(fill({ text: '{commandId} {parameters.speed} {parameters.absent}' }, 1, { speed: 3 })).toBe(
      'c1 3 ',
    );
    expect(fill({ text: 'P{parameters.profile.speed:03}' }, 1, { profile: { speed: 7 } })).toBe('P007');
  });

  it('fill in values as bytes', () => {
    expect(fill({ hex: '06 {value:int16} FF' }, -2)).toBe('\x06\xff\xfe\xff');
    expect(fill({ hex: '{value:uint32-little}' }, 1)).toBe('\x01\x00\x00\x00');
    expect(fill({ hex: '{value:float32}' }, 1)).toBe('\x3f\x80\x00\x00');
    expect(fill({ hex: '02{value:text}03' }, 'on')).toBe('\x02on\x03');
    expect(fill({ hex: '{value:uint8}' }, true)).toBe('\x01');
    for (const value of [256, -1, 1.5, 'x', '']) {
      expect(() => fill({ hex: '{value:uint8}' }, value), String(value)).toThrow(/cannot stand/);
    }
  });

  it('say what is wrong with them', () => {
    expect(parseOutgoing({ text: '{vale}' })).toMatchObject({
      mistake: expect.stringMatching(/^holds \{vale\}/),
    });
    expect(parseOutgoing({ hex: '0' })).toMatchObject({ mistake: expect.stringMatching(/hexadecimal/) });
    expect(parseOutgoing({ hex: '{value}' })).toMatchObject({
      mistake: expect.stringMatching(/^holds \{value\}/),
    });
    expect(parseOutgoing({})).toEqual({ mistake: 'needs one of text and hex' });
  });
});

describe('commands on a serial line', () => {
  it('are templates with the id and value filled in', () => {
    const fill = { commandId: 'c1', value: 21.5 };
    expect(fillTemplate('CMD,{commandId},SET,{value}', fill, nmea, ',')).toBe('CMD,c1,SET,21.5');
    expect(fillTemplate('LAMP,{value}', { commandId: 'c1', value: true }, nmea, ',')).toBe('LAMP,1');
  });

  it('refuse a value that would break the frame', () => {
    for (const value of ['1,2', 'a*b', '$', 'x\r\n', '\u0000', '☃']) {
      expect(() => fillTemplate('SET,{value}', { commandId: 'c', value }, nmea, ','), value).toThrow(
        /cannot stand in a frame/,
      );
    }
  });

  it('are answered by the tags of the configuration', () => {
    expect(answerIn(['ACK', 'c1'], undefined)).toEqual({ id: 'c1', status: 'accepted' });
    expect(answerIn(['NAK', 'c1', 'BUSY'], undefined)).toEqual({
      id: 'c1',
      status: 'rejected',
      reason: 'BUSY',
    });
    expect(answerIn(['DONE', 'c1'], { succeededTag: 'DONE' })).toEqual({ id: 'c1', status: 'succeeded' });
    expect(answerIn(['DONE', 'c1'], undefined)).toBeUndefined();
    expect(answerIn(['ACK'], undefined)).toBeUndefined();
  });
});
