import type { ModbusPoint } from '@andon/shared/contracts';
import { describe, expect, it } from 'vitest';
import { crc16 } from '../../gateway/connectors/modbus/crc.ts';
import type { Request } from '../../gateway/connectors/modbus/pdu.ts';
import { encodeRequest, ResponseReader } from '../../gateway/connectors/modbus/rtu-framing.ts';
import { decodeRegisters, encodeRegisters } from '../../gateway/connectors/modbus/values.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const withCrc = (text: string) => {
  const bytes = hex(text);
  const crc = crc16(bytes);
  return Uint8Array.from([...bytes, crc & 0xff, crc >> 8]);
};
/** Without unit id and checksum: the PDU, as the standard prints its examples. */
const pdu = (request: Request) => Buffer.from(encodeRequest(1, request)).subarray(1, -2).toString('hex');
const answer = (request: Request, text: string) => new ResponseReader(1, request).push(withCrc(`01 ${text}`));

describe('the codec of Modbus RTU', () => {
  it('has the checksum of the standard (Modbus over Serial Line 1.02, appendix B: 02 07 gives 41 12)', () => {
    expect(crc16(hex('02 07'))).toBe(0x1241);
    expect(
      Buffer.from(encodeRequest(1, { kind: 'read-registers', function: 3, address: 0, quantity: 10 })),
    ).toEqual(Buffer.from(hex('01 03 00 00 00 0a c5 cd')));
  });

  it('speaks the examples of the Modbus Application Protocol 1.1b3, section 6', () => {
    const coils: Request = { kind: 'read-bits', function: 1, address: 0x13, quantity: 0x13 };
    expect(pdu(coils)).toBe('0100130013');
    const bits = '1011001111010110101'.split('').map((bit) => bit === '1');
    expect(answer(coils, '01 03 cd 6b 05')).toEqual({ kind: 'bits', values: bits });

    const inputs: Request = { kind: 'read-bits', function: 2, address: 0xc4, quantity: 0x16 };
    expect(pdu(inputs)).toBe('0200c40016');
    expect(answer(inputs, '02 03 ac db 35')).toMatchObject({ kind: 'bits' });

    const holding: Request = { kind: 'read-registers', function: 3, address: 0x6b, quantity: 3 };
    expect(pdu(holding)).toBe('03006b0003');
    expect(answer(holding, '03 06 02 2b 00 00 00 64')).toEqual({ kind: 'registers', values: [555, 0, 100] });

    const input: Request = { kind: 'read-registers', function: 4, address: 8, quantity: 1 };
    expect(pdu(input)).toBe('0400080001');
    expect(answer(input, '04 02 00 0a')).toEqual({ kind: 'registers', values: [10] });

    const coil: Request = { kind: 'write-coil', address: 0xac, value: true };
    expect(pdu(coil)).toBe('0500acff00');
    expect(answer(coil, '05 00 ac ff 00')).toEqual({ kind: 'written' });

    const register: Request = { kind: 'write-register', address: 1, value: 3 };
    expect(pdu(register)).toBe('0600010003');
    expect(answer(register, '06 00 01 00 03')).toEqual({ kind: 'written' });

    const values = '1011001110'.split('').map((bit) => bit === '1');
    expect(pdu({ kind: 'write-coils', address: 0x13, values })).toBe('0f0013000a02cd01');
    expect(answer({ kind: 'write-coils', address: 0x13, values }, '0f 00 13 00 0a')).toEqual({
      kind: 'written',
    });

    const registers: Request = { kind: 'write-registers', address: 1, values: [0x0a, 0x0102] };
    expect(pdu(registers)).toBe('100001000204000a0102');
    expect(answer(registers, '10 00 01 00 02')).toEqual({ kind: 'written' });
  });

  it('reads exceptions', () => {
    const request: Request = { kind: 'read-registers', function: 3, address: 0, quantity: 1 };
    expect(answer(request, '83 02')).toEqual({ kind: 'exception', code: 2 });
  });

  it('takes no answer of another slave, function, length or address for its own', () => {
    const request: Request = { kind: 'read-registers', function: 3, address: 0, quantity: 1 };
    const reader = new ResponseReader(1, request);
    expect(reader.push(withCrc('02 03 02 00 01'))).toBeUndefined();
    expect(reader.push(withCrc('01 04 02 00 01'))).toBeUndefined();
    expect(reader.push(withCrc('01 03 04 00 01 00 02'))).toBeUndefined();
    expect(reader.push(withCrc('01 03 02 00 07'))).toEqual({ kind: 'registers', values: [7] });
    expect(reader.bytesDiscarded).toBe(7 + 7 + 9);
    expect(answer({ kind: 'write-register', address: 1, value: 3 }, '06 00 01 00 04')).toBeUndefined();
  });

  it('notices a wrong checksum', () => {
    const reader = new ResponseReader(1, { kind: 'read-registers', function: 3, address: 0, quantity: 1 });
    expect(reader.push(hex('01 03 02 00 01 00 00'))).toBeUndefined();
    expect(reader.checksumFailed).toBe(true);
  });
});

const point = (fields: Partial<ModbusPoint> = {}): ModbusPoint => ({
  signal: 's',
  table: 'holding-register',
  address: 0,
  ...fields,
});

describe('values in registers', () => {
  it.each([
    [{ type: 'uint16' }, [0xffff], 65_535],
    [{ type: 'int16' }, [0xffff], -1],
    [{ type: 'bool' }, [2], true],
    [{ type: 'uint32' }, [0x0001, 0x0000], 65_536],
    [{ type: 'int32' }, [0xffff, 0xfffe], -2],
    [{ type: 'int32', byteOrder: 'CDAB' }, [0xfffe, 0xffff], -2],
    [{ type: 'float32' }, [0x41aa, 0x6666], 21.3],
    [{ type: 'float32', byteOrder: 'CDAB' }, [0x6666, 0x41aa], 21.3],
    [{ type: 'float32', byteOrder: 'BADC' }, [0xaa41, 0x6666], 21.3],
    [{ type: 'float32', byteOrder: 'DCBA' }, [0x6666, 0xaa41], 21.3],
    [{ type: 'int16', scale: 0.1, offset: -40 }, [703], 30.3],
  ] as const)('%j in %j is %j, and back', (encoding, registers, value) => {
    expect(decodeRegisters(registers, point(encoding)).value).toBe(value);
    if (encoding.type !== 'bool') {
      expect(encodeRegisters(value, point(encoding))).toEqual(registers);
    }
  });

  it('that are no number are a failed read', () => {
    expect(decodeRegisters([0x7fc0, 0], point({ type: 'float32', unit: 'Cel' }))).toEqual({
      signal: 's',
      unit: 'Cel',
      value: null,
      badReason: 'not-finite',
    });
  });

  it('refuse what does not fit', () => {
    const refused = expect.objectContaining({ code: 'modbus.value-does-not-fit' });
    const tries = [70_000, -1, 'x', null, Number.NaN].map((value) => {
      try {
        return encodeRegisters(value, point());
      } catch (error) {
        return error;
      }
    });
    expect(tries).toEqual([refused, refused, refused, refused, refused]);
    expect(encodeRegisters(true, point())).toEqual([1]);
  });
});
