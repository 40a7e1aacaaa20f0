import { describe, expect, it } from 'vitest';
import { answerIn } from '../../gateway/connectors/serial-line/answers.ts';
import { checksumOf } from '../../gateway/connectors/serial-line/checksum.ts';
import { fieldValues } from '../../gateway/connectors/serial-line/fields.ts';
import { encodeFrame, frameFormatOf, unescaped } from '../../gateway/connectors/serial-line/frame-format.ts';
import { FrameParser } from '../../gateway/connectors/serial-line/frame-parser.ts';
import { fillTemplate } from '../../gateway/connectors/serial-line/template.ts';

const nmea = frameFormatOf({ start: '$', end: '\\r\\n', checksum: 'nmea' });
const parse = (text: string, format = nmea) => new FrameParser(format).push(Buffer.from(text, 'latin1'));

describe('checksums of serial frames', () => {
  it('are those that others publish', () => {
    // A GPGGA sentence as GPS receivers send it.
    const sentence = 'GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,';
    expect(checksumOf(sentence, 'nmea')).toBe('47');
    expect(checksumOf(sentence, 'xor')).toBe('47');
    // CRC-16/MODBUS of the check string of the CRC catalogues.
    expect(checksumOf('123456789', 'crc-16-modbus')).toBe('4B37');
    expect(checksumOf('123456789', 'sum-8')).toBe('DD');
  });
});

describe('the frame parser', () => {
  it('finds a frame and counts what stands before it', () => {
    expect(parse('noise$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')).toEqual([
      { kind: 'discarded', bytes: 5 },
      { kind: 'frame', body: 'GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,' },
    ]);
  });

  it('believes nothing of a frame whose checksum is wrong, absent or not hexadecimal', () => {
    for (const text of ['A,1*00', 'A,1', 'A,1*', '*', 'A,1*GG', '']) {
      expect(parse(`$${text}\r\n`), text).toEqual([{ kind: 'bad-checksum', text }]);
    }
  });

  it('finds a frame that begins in the middle of a broken one, and one whose body holds the start', () => {
    const good = Buffer.from(encodeFrame('B,2', nmea)).toString('latin1');
    expect(parse(`$A,1${good}`)).toEqual([
      { kind: 'discarded', bytes: 4 },
      { kind: 'frame', body: 'B,2' },
    ]);
    const dollar = Buffer.from(encodeFrame('A,5$,7', nmea)).toString('latin1');
    expect(parse(dollar)).toEqual([{ kind: 'frame', body: 'A,5$,7' }]);
  });

  it('works without start or checksum, and with control characters', () => {
    const bare = frameFormatOf({ end: '\n', checksum: 'none' });
    expect(parse('A,1\nB\n\n', bare)).toEqual([
      { kind: 'frame', body: 'A,1' },
      { kind: 'frame', body: 'B' },
      { kind: 'discarded', bytes: 1 },
    ]);
    const control = frameFormatOf({ start: '\\u0002', end: '\\x03', checksum: 'none' });
    expect(parse('x\u0002A\u0003', control)).toEqual([
      { kind: 'discarded', bytes: 1 },
      { kind: 'frame', body: 'A' },
    ]);
    expect(unescaped('a\\\\n\\q')).toBe('a\\n\\q');
  });

  it('throws away a frame that is too long, and finds the next', () => {
    const short = frameFormatOf({ start: '$', end: '\n', checksum: 'none', lengthMax: 8 });
    const parts = parse(`$${'x'.repeat(50)}\n$ok\n`, short);
    expect(parts.at(-1)).toEqual({ kind: 'frame', body: 'ok' });
    const bare = frameFormatOf({ end: '\n', checksum: 'none', lengthMax: 8 });
    const parser = new FrameParser(bare);
    parser.push(Buffer.from('x'.repeat(50)));
    expect(parser.push(Buffer.from('tail\nok\n')).at(-1)).toEqual({ kind: 'frame', body: 'ok' });
  });
});

describe('the fields of a frame', () => {
  const settings = {
    fields: [
      { signal: 'temperature', position: 1, unit: 'Cel', scale: 0.1 },
      { signal: 'door', position: 2, type: 'text' as const },
      { signal: 'boot', position: 3 },
    ],
    bootIdSignal: 'boot',
  };

  it('are values by position', () => {
    expect(fieldValues(['OVN', '213', ' open ', '7f'], settings)).toEqual([
      { signal: 'temperature', unit: 'Cel', value: 21.3 },
      { signal: 'door', value: 'open' },
      { signal: 'boot', value: '7f' },
    ]);
  });

  it('are failed reads where they are absent, empty or no number', () => {
    expect(fieldValues(['OVN', 'hot', ''], settings)).toEqual([
      { signal: 'temperature', unit: 'Cel', value: null, badReason: 'not-a-number' },
      { signal: 'door', value: null, badReason: 'no-value' },
      { signal: 'boot', value: null, badReason: 'field-missing' },
    ]);
    expect(fieldValues(['OVN', '0x1F'], settings)[0]).toMatchObject({ badReason: 'not-a-number' });
    expect(fieldValues(['OVN', '1e999'], settings)[0]).toMatchObject({ badReason: 'not-a-number' });
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
