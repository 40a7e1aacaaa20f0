import { ConfigurationError, parseConfiguration, type ReadMap } from '@andon/shared/gateway-configuration';
import { expect, test } from 'vitest';

const files = (texts: Record<string, string>): ReadMap => {
  return (path) => {
    const text = texts[path];
    if (text === undefined) {
      throw new Error('no such file');
    }
    return text;
  };
};

function parse(text: string, readMap?: ReadMap) {
  try {
    return { configuration: parseConfiguration(text, 'gateway.yaml', readMap), mistakes: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return { configuration: error.configuration, mistakes: error.message.split('\n') };
    }
    throw error;
  }
}

const configuration = (slaves: string, port = '{ path: /dev/ttyS0 }') => `gateway: { id: edge-1 }
connectors:
  - type: modbus-rtu
    name: bus
    port: ${port}
    slaves:
${slaves}
devices: [{ id: pump-1 }, { id: pump-2 }]
`;
const twoPumps =
  configuration(`      - { deviceId: pump-1, unitId: 1, pollMilliseconds: 500, map: ./pump.yaml }
      - deviceId: pump-2
        unitId: 2
        pollMilliseconds: 500
        map: ./pump.yaml
        gapRegistersMax: 0
        points: [{ signal: speed, table: input-register, address: 9, scale: 2 }]`);
const pump = `description: the big one
addressBase: 1
gapRegistersMax: 4
points:
  - { signal: pressure, table: input-register, address: 1, type: float32 }
  - { signal: speed, table: input-register, address: 5 }
  - { signal: stop, table: coil, address: 1, writable: true }
reboot: { point: stop, value: 1 }
`;

test('A register map describes every slave that names it, and a slave may differ from it', () => {
  const parsed = parse(twoPumps, files({ './pump.yaml': pump }));
  expect(parsed.mistakes).toEqual([]);
  const [connector] = parsed.configuration?.connectors ?? [];
  const slaves = connector?.type === 'modbus-rtu' ? connector.slaves : [];
  expect(slaves[0]).toMatchObject({ addressBase: 1, gapRegistersMax: 4, reboot: { point: 'stop' } });
  expect(slaves[0]?.points?.map(({ signal }) => signal)).toEqual(['pressure', 'speed', 'stop']);
  expect(slaves[1]).toMatchObject({ addressBase: 1, gapRegistersMax: 0 });
  expect(slaves[1]?.points).toMatchObject([
    { signal: 'pressure' },
    { signal: 'stop' },
    { signal: 'speed', address: 9, scale: 2 },
  ]);
});

test('A mistake in a register map is told once, with the map’s own line and key', () => {
  const wrong = pump.replace('type: float32', 'type: float31').replace('address: 5', 'adress: 5');
  expect(parse(twoPumps, files({ './pump.yaml': wrong })).mistakes).toEqual([
    expect.stringMatching(/^\.\/pump\.yaml:5:66: points\[0\]\.type must be one of bool, int16/),
    './pump.yaml:6:5: points[1].address is missing',
    expect.stringMatching(/^\.\/pump\.yaml:6:53: points\[1\]\.adress is not known/),
  ]);
});

test('What only the whole can tell is told where it was written, in the map or in the configuration', () => {
  const wrong = pump
    .replace('address: 5 }', 'address: 0, bit: 3, type: int16 }')
    .replace('point: stop', 'point: pressure');
  const { mistakes } = parse(
    twoPumps.replace('scale: 2', 'cron: "every day"'),
    files({ './pump.yaml': wrong }),
  );
  expect(mistakes).toEqual([
    expect.stringMatching(
      /^gateway\.yaml:13:76: connectors\[0\]\.slaves\[1\]\.points\[0\]\.cron is no cron expression: /,
    ),
    './pump.yaml:6:54: points[1].address must be from 1 to 65536, as addresses count from 1',
    './pump.yaml:6:62: points[1].bit is possible for registers of the type bool only',
    './pump.yaml:8:18: reboot.point names pressure, which is no writable point',
  ]);
});

test('A map that is absent or no YAML is a mistake at its name', () => {
  expect(parse(twoPumps, files({})).mistakes).toEqual([
    'gateway.yaml:7:68: connectors[0].slaves[0].map cannot be read: no such file',
    'gateway.yaml:11:14: connectors[0].slaves[1].map cannot be read: no such file',
  ]);
  const { mistakes } = parse(twoPumps, files({ './pump.yaml': 'points: [' }));
  expect(mistakes[0]).toMatch(/slaves\[0\]\.map names \.\/pump\.yaml, where line 1, column \d+ is wrong/);
});

test('Where files cannot be read, as in the cloud, a map is taken on trust', () => {
  const text = twoPumps.replace(
    'devices: [{ id: pump-1 }',
    `devices: [{ id: pump-1, rules: [{ name: high, version: 1, signal: pressure,
  limits: { hi: { setpoint: 5, severity: MINOR } }, onAlert: { type: write, point: stop, value: true } }] }`,
  );
  expect(parse(text).mistakes.filter((mistake) => mistake.includes('pump-1'))).toEqual([]);
  expect(parse(text, files({ './pump.yaml': pump })).mistakes).toEqual([]);
});

test('Mistakes of points are told: types, tables, sentinels, addresses, schedules', () => {
  const points = [
    '{ signal: a, table: coil, address: 0, type: int16 }',
    '{ signal: b, table: holding-register, address: 1, type: string }',
    '{ signal: c, table: holding-register, address: 2, lengthCharacters: 4 }',
    '{ signal: d, table: holding-register, address: 3, bit: 1, noValue: 0x8000, writable: true }',
    '{ signal: e, table: holding-register, address: 65535, type: float32 }',
    '{ signal: f, table: holding-register, address: 41, scale: 0 }',
    '{ signal: g, table: holding-register, address: 9, type: float64 }',
    '{ signal: h, table: input-register, address: 9, cron: "0 6 * * *", pollMilliseconds: 100 }',
    '{ signal: i, table: holding-register, address: 8, noValue: [-1, "0x7fff", "none"] }',
  ];
  const slave = (
    list: readonly string[],
  ) => `      - { deviceId: pump-1, unitId: 1, pollMilliseconds: 500, registersPerRequestMax: 3,
          forbidden: [{ table: holding-register, from: 40, to: 45 }, { table: coil, from: 9, to: 8 }],
          points: [${list.join(', ')}] }`;
  const told = (list: readonly string[]) =>
    parse(configuration(slave(list))).mistakes.map((line) =>
      line.replace(/^.*? connectors\[0\]\.slaves\[0\]\./, ''),
    );
  expect(told(points.slice(0, 8))).toEqual([
    'forbidden[1].to must not be below from, 9',
    'points[0].type must be bool in the table coil',
    'points[1].lengthCharacters is missing: a string needs it',
    'points[2].lengthCharacters is possible for a string only',
    'points[3].noValue is not possible for a bool',
    'points[3].writable is not possible for a bit: the rest of its register would be written too',
    'points[4].address must be from 0 to 65534, as addresses count from 0',
    'points[5].address lies in the forbidden 40 to 45',
    'points[5].scale must not be 0',
    'points[6].type takes 4 registers, but a request may read 3 at most',
    'points[7].cron stands beside pollMilliseconds: only one of them can say when it is read',
  ]);
  expect(told(points.slice(8))).toEqual([expect.stringMatching(/^points\[0\]\.noValue/)]);
});

test('A line that cannot do what is asked of it is a mistake; behind a device server only where the baud rate is known', () => {
  const slave = `      - { deviceId: pump-1, unitId: 1, pollMilliseconds: 20,
          points: [{ signal: a, table: coil, address: 0 }] }`;
  expect(parse(configuration(slave)).mistakes).toEqual([
    expect.stringMatching(
      /^gateway\.yaml:6:5: connectors\[0\]\.slaves polls need 109\.4 % of the line’s time/,
    ),
  ]);
  expect(parse(configuration(slave, '{ path: "tcp://10.0.0.5:4001" }')).mistakes).toEqual([]);
  expect(
    parse(configuration(slave, '{ path: "tcp://10.0.0.5:4001", baudRate: 9600 }')).mistakes,
  ).toHaveLength(1);
  expect(parse(configuration(slave, '{ path: /dev/ttyS0, baudRate: 19200 }')).mistakes).toEqual([]);
});
