import type { ModbusPoint, ModbusRtuConnector } from '@andon/shared/contracts';
import {
  cronGapMilliseconds,
  cutFor,
  limitsOf,
  lineLoad,
  overload,
  planReads,
  pointsOf,
  rateGroups,
  readMilliseconds,
  wireTimingOf,
  worstAgeMilliseconds,
} from '@andon/shared/modbus-plan';
import { describe, expect, it } from 'vitest';

const point = (fields: Partial<ModbusPoint> = {}): ModbusPoint => ({
  signal: 's',
  table: 'holding-register',
  address: 0,
  ...fields,
});
const at = (...addresses: number[]) => addresses.map((address) => point({ signal: `r${address}`, address }));
const shape = (blocks: ReturnType<typeof planReads>) =>
  blocks.map(({ table, address, quantity }) => [table, address, quantity]);
const shapeOf = (points: readonly ModbusPoint[], limits: Parameters<typeof limitsOf>[0] = {}) =>
  planReads(points, limitsOf(limits)).map(({ address, quantity }) => [address, quantity]);

describe('the plan of reads', () => {
  it('merges what touches, in one table, and reads over no gap where nothing is said', () => {
    const blocks = planReads(
      [
        point({ signal: 'd', address: 10 }),
        point({ signal: 'b', address: 2 }),
        point({ signal: 'a', address: 0, type: 'float32' }),
        point({ signal: 'c', address: 0, table: 'coil' }),
      ],
      limitsOf({}),
    );
    expect(shape(blocks)).toEqual([
      ['coil', 0, 1],
      ['holding-register', 0, 3],
      ['holding-register', 10, 1],
    ]);
    expect(blocks[1]?.points.map(({ signal }) => signal)).toEqual(['a', 'b']);
  });

  it('keeps to 125 registers and 2000 bits, or to what the device takes', () => {
    const addresses = Array.from({ length: 126 }, (_, address) => address);
    expect(shapeOf(at(...addresses)).map(([, quantity]) => quantity)).toEqual([125, 1]);
    expect(shapeOf(at(...addresses), { registersPerRequestMax: 50 }).map(([, quantity]) => quantity)).toEqual(
      [50, 50, 26],
    );
    const pairs = Array.from({ length: 63 }, (_, index) =>
      point({ signal: `f${index}`, address: index * 2, type: 'float32' }),
    );
    expect(shapeOf(pairs).map(([, quantity]) => quantity)).toEqual([124, 2]);
    const coils = Array.from({ length: 2001 }, (_, address) =>
      point({ signal: `c${address}`, address, table: 'coil' }),
    );
    expect(shapeOf(coils).map(([, quantity]) => quantity)).toEqual([2000, 1]);
    expect(shapeOf(coils.slice(0, 20), { bitsPerRequestMax: 16 })).toEqual([
      [0, 16],
      [16, 4],
    ]);
  });

  it('reads over gaps as wide as allowed, and never over a forbidden address', () => {
    expect(shapeOf(at(0, 5, 12), { gapRegistersMax: 4 })).toEqual([
      [0, 6],
      [12, 1],
    ]);
    const forbidden = [{ table: 'holding-register' as const, from: 3, to: 3 }];
    expect(shapeOf(at(0, 5), { gapRegistersMax: 4, forbidden })).toEqual([
      [0, 1],
      [5, 1],
    ]);
    const elsewhere = [{ table: 'input-register' as const, from: 3, to: 3 }];
    expect(shapeOf(at(0, 5), { gapRegistersMax: 4, forbidden: elsewhere })).toEqual([[0, 6]]);
  });

  it('counts from 1 where the manual does, also what is forbidden', () => {
    const slave = { points: at(1, 6), addressBase: 1 as const, byteOrder: 'CDAB' as const };
    expect(pointsOf(slave)).toMatchObject([
      { address: 0, byteOrder: 'CDAB' },
      { address: 5, byteOrder: 'CDAB' },
    ]);
    const forbidden = [{ table: 'holding-register' as const, from: 4, to: 4 }];
    expect(limitsOf({ addressBase: 1, forbidden }).forbidden).toMatchObject([{ from: 3, to: 3 }]);
  });

  it('divides what was refused at its widest gap, else in the middle', () => {
    const [gappy] = planReads(at(0, 1, 5, 6, 7), limitsOf({ gapRegistersMax: 10 }));
    const [dense] = planReads(at(0, 1, 2, 3), limitsOf({}));
    const [single] = planReads(at(9), limitsOf({}));
    expect(gappy && cutFor(gappy)).toBe('holding-register:5');
    expect(dense && cutFor(dense)).toBe('holding-register:2');
    expect(single && cutFor(single)).toBeUndefined();
  });

  it('keeps the bits of a register together, also behind a cut', () => {
    const bits = [0, 1, 2].map((bit) => point({ signal: `b${bit}`, address: 5, bit }));
    const blocks = planReads([...at(0), ...bits], limitsOf({}), new Set(['holding-register:5']));
    expect(blocks.map(({ address, points }) => [address, points.length])).toEqual([
      [0, 1],
      [5, 3],
    ]);
  });
});

describe('the rates of a slave', () => {
  it('are groups, the fastest first, without what is only written', () => {
    const points = [
      point({ signal: 'slow', pollMilliseconds: 5000 }),
      point({ signal: 'daily', cron: '0 6 * * *' }),
      point({ signal: 'usual' }),
      point({ signal: 'written', read: false }),
    ];
    expect(rateGroups(points, 1000).map((group) => [group.rate, group.points[0]?.signal])).toEqual([
      [{ kind: 'every', milliseconds: 1000 }, 'usual'],
      [{ kind: 'every', milliseconds: 5000 }, 'slow'],
      [{ kind: 'cron', expression: '0 6 * * *' }, 'daily'],
    ]);
  });

  it.each([
    ['*/5 * * * * *', 5000],
    ['50,55 * * * * *', 5000],
    ['*/15 * * * *', 900_000],
    ['0 6,18 * * *', 43_200_000],
    ['0 6 * * *', 86_400_000],
  ])('of cron %s are %i ms apart at least', (expression, milliseconds) => {
    expect(cronGapMilliseconds(expression)).toBe(milliseconds);
  });
});

const line = (overrides: Partial<ModbusRtuConnector> = {}): ModbusRtuConnector => ({
  type: 'modbus-rtu',
  name: 'line',
  port: { path: '/dev/ttyS0', baudRate: 9600 },
  slaves: [{ deviceId: 'a', unitId: 1, pollMilliseconds: 1000, points: at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) }],
  ...overrides,
});

describe('the load of a line', () => {
  it('is bytes by ten or eleven bits, and a gap behind each frame', () => {
    const [block] = planReads(at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), limitsOf({}));
    const timing = wireTimingOf({ port: { path: 'x', baudRate: 9600 } });
    // 8 bytes out and 25 back at 10 bits, and 2 gaps of 3.5 characters: 40 characters.
    expect(block && readMilliseconds(block, timing)).toBeCloseTo((40 * 10_000) / 9600, 9);
    const even = wireTimingOf({ port: { path: 'x', baudRate: 9600, parity: 'even' } });
    expect(even.characterMilliseconds).toBeCloseTo(11_000 / 9600, 9);
    expect(wireTimingOf({ port: { path: 'x', baudRate: 38_400 } }).gapMilliseconds).toBe(1.75);
    expect(lineLoad(line()).share).toBeCloseTo(0.041_667, 5);
  });

  it('counts rates that fall together as the one read that they become', () => {
    const points = [...at(0), point({ signal: 'b', address: 1, pollMilliseconds: 2000 })];
    const load = lineLoad(line({ slaves: [{ deviceId: 'a', unitId: 1, pollMilliseconds: 1000, points }] }));
    expect(
      load.slaves[0]?.turns.map(({ label, perSecond, blocks }) => [label, perSecond, blocks.length]),
    ).toEqual([
      ['every 1000 ms and every 2000 ms', 0.5, 1],
      ['every 1000 ms', 0.5, 1],
    ]);
  });

  it('says what does not fit, and who needs the most', () => {
    const slaves = Array.from({ length: 30 }, (_, index) => ({
      deviceId: `meter-${index + 1}`,
      unitId: index + 1,
      pollMilliseconds: 1000,
      points: at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    }));
    expect(overload(lineLoad(line()))).toBeUndefined();
    expect(overload(lineLoad(line({ slaves })))).toMatch(
      /^polls need 125\.0 % of the line’s time even if every slave answers at once \(meter-1 4\.2 %/,
    );
  });

  it('counts the longest turn with all rates together, however seldom that is, and with those of cron schedules', () => {
    const longest = (...slow: Partial<ModbusPoint>[]) => {
      const fast = Array.from({ length: 100 }, (_, address) => point({ signal: `f${address}`, address }));
      const others = slow.flatMap((rate, kind) =>
        Array.from({ length: 100 }, (_, index) =>
          point({ signal: `s${kind}-${index}`, address: (kind + 1) * 1000 + index, ...rate }),
        ),
      );
      const slaves = [{ deviceId: 'a', unitId: 1, pollMilliseconds: 1001, points: [...fast, ...others] }];
      return lineLoad(line({ slaves })).slaves[0]?.longestMilliseconds ?? 0;
    };
    const alone = longest();
    expect(longest({ pollMilliseconds: 2002 })).toBeCloseTo(2 * alone, 6);
    // These fall together once in 305 hours, beyond what is looked through.
    expect(longest({ pollMilliseconds: 1_100_000 })).toBeCloseTo(2 * alone, 6);
    expect(longest({ cron: '0 6 * * *' })).toBeCloseTo(2 * alone, 6);
    expect(longest({ pollMilliseconds: 2002 }, { cron: '0 6 * * *' })).toBeCloseTo(3 * alone, 6);
  });

  it('predicts the age of a value: its rhythm, and a round of everybody', () => {
    expect(worstAgeMilliseconds(1000, [40, 60])).toBe(1100);
    expect(worstAgeMilliseconds(50, [40, 60])).toBe(250);
  });
});
