import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answer,
  crc16,
  encodeFrame,
  FrameDecoder,
  type ModbusTables,
  RequestDecoder,
  xorChecksum,
} from '../../device-firmware-sim/ports/index.ts';

const tables: ModbusTables = {
  coil: (address) => (address < 10 ? address % 3 === 0 : undefined),
  discreteInput: (address) => (address < 2 ? true : undefined),
  holdingRegister: (address) => (address < 4 ? 1000 + address : undefined),
  inputRegister: (address) => (address < 4 ? 0xfff0 + address : undefined),
  writeCoil: (address) => address < 10,
  writeHoldingRegister: (address, value) =>
    address > 3 ? 'no-such-address' : value > 9 ? 'illegal-value' : 'written',
};

function sealed(...bytes: number[]): Buffer {
  const checksum = crc16(Buffer.from(bytes));
  return Buffer.from([...bytes, checksum & 0xff, checksum >> 8]);
}

function answered(...bytes: number[]): string | undefined {
  const decoder = new RequestDecoder();
  const [request] = [...decoder.push(sealed(...bytes)), ...decoder.silence()];
  return request && answer(tables, request)?.subarray(0, -2).toString('hex');
}

describe('the Modbus RTU codec of the simulator', () => {
  it('computes the CRC of the check text of CRC-16/MODBUS', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
  });

  it('answers reads and writes of every table', () => {
    expect(answered(1, 1, 0, 0, 0, 10)).toBe('0101024902');
    expect(answered(1, 2, 0, 0, 0, 2)).toBe('01020103');
    expect(answered(1, 3, 0, 1, 0, 2)).toBe('01030403e903ea');
    expect(answered(1, 4, 0, 0, 0, 1)).toBe('010402fff0');
    expect(answered(1, 5, 0, 0, 0xff, 0)).toBe('01050000ff00');
    expect(answered(1, 6, 0, 1, 0, 9)).toBe('010600010009');
    expect(answered(1, 15, 0, 0, 0, 3, 1, 5)).toBe('010f00000003');
    expect(answered(1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 2)).toBe('011000000002');
  });

  it('refuses with the exceptions of the standard', () => {
    expect(answered(1, 0x2b, 14, 1, 0)).toBe('01ab01');
    expect(answered(1, 3, 0, 3, 0, 2)).toBe('018302');
    expect(answered(1, 6, 0, 9, 0, 1)).toBe('018602');
    expect(answered(1, 3, 0, 0, 0, 0)).toBe('018303');
    expect(answered(1, 3, 0, 0, 0, 126)).toBe('018303');
    expect(answered(1, 5, 0, 0, 1, 0)).toBe('018503');
    expect(answered(1, 6, 0, 1, 0, 10)).toBe('018603');
    expect(answered(1, 16, 0, 0, 0, 2, 2, 0, 1)).toBe('019003');
  });

  it('carries out a broadcast in silence', () => {
    expect(answered(0, 6, 0, 1, 0, 9)).toBeUndefined();
  });

  it('finds a request in any chunks after any noise, once the line has been quiet', () => {
    const request = sealed(1, 4, 0, 0, 0, 8);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 60, maxLength: 60 }),
        (noise, sizes) => {
          const decoder = new RequestDecoder();
          const stream = Buffer.concat([noise, request]);
          const found = [];
          let offset = 0;
          for (const size of sizes) {
            found.push(...decoder.push(stream.subarray(offset, offset + size)));
            offset += size;
          }
          found.push(...decoder.push(stream.subarray(offset)), ...decoder.silence());
          expect(found.some(({ functionCode, data }) => functionCode === 4 && data[3] === 8)).toBe(true);
        },
      ),
    );
  });
});

describe('the line codec of the simulator', () => {
  it('seals a frame with the exclusive or of its body', () => {
    expect(xorChecksum('AB')).toBe('03');
    expect(encodeFrame(['ACK', 'x']).toString()).toBe(`$ACK,x*${xorChecksum('ACK,x')}\r\n`);
  });

  it('finds a frame in any chunks after any noise, and counts what it threw away', () => {
    const fields = fc.array(fc.stringMatching(/^[A-Za-z0-9.-]{0,12}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fields,
        fc.stringMatching(/^[^$\r\n]{0,30}$/),
        fc.integer({ min: 1, max: 9 }),
        (body, noise, size) => {
          const decoder = new FrameDecoder();
          const noiseBytes = Buffer.from(noise, 'latin1');
          const stream = Buffer.concat([noiseBytes, encodeFrame(body)]);
          const found: string[][] = [];
          for (let offset = 0; offset < stream.length; offset += size) {
            found.push(...decoder.push(stream.subarray(offset, offset + size)));
          }
          expect(found).toEqual([body.join(',').split(',')]);
          expect(decoder.discardedBytes).toBe(noiseBytes.length);
        },
      ),
    );
  });

  it('refuses a frame whose checksum is wrong', () => {
    const decoder = new FrameDecoder();
    expect(decoder.push(Buffer.from('$CMD,1,REBOOT*00\r\n'))).toEqual([]);
    expect(decoder.discardedBytes).toBe(18);
  });

  it('gives up a line that never ends', () => {
    const decoder = new FrameDecoder();
    decoder.push(Buffer.alloc(5000, 65));
    expect(decoder.discardedBytes).toBe(5000);
    expect(decoder.push(encodeFrame(['OK']))).toEqual([['OK']]);
  });
});
