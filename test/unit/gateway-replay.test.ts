import type { GatewayConfiguration } from '@andon/shared/contracts';
import { describe, expect, it } from 'vitest';
import {
  RecordingReader,
  Replay,
  type ReplayReport,
  readJsonRecording,
  reportLines,
} from '../../gateway/replay/index.ts';

const unnamed = { device: undefined, signal: undefined, time: undefined, value: undefined };

function replayed(configuration: GatewayConfiguration, text: string): ReplayReport {
  const reader = new RecordingReader(unnamed, configuration.devices ?? []);
  const run = new Replay(configuration);
  for (const line of text.trim().split('\n')) {
    const row = reader.take(line.trim());
    if (row !== undefined) run.play(row);
  }
  return run.report(reader.refusals(), reader.warnings());
}

const alertsOf = ({ rules }: ReplayReport) =>
  Object.fromEntries(rules.map(({ deviceId, rule, alerts }) => [`${deviceId}/${rule}`, alerts]));

const gateway = { id: 'hall' };
const limits = { hi: { setpoint: 5, severity: 'MAJOR' } } as const;

describe('rules that look at several signals', () => {
  const configuration: GatewayConfiguration = {
    gateway,
    devices: [
      {
        id: 'machine',
        rules: [
          { name: 'drift', version: 1, signal: 'a', deviation: { from: 'b' }, limits },
          {
            name: 'both',
            version: 1,
            signal: 'a',
            expression: { formula: 'a > 5 and b < 3', severity: 'MAJOR' },
          },
        ],
      },
    ],
  };

  it('get all of them from a recording with a column each, though no list of signals names them', () => {
    const report = replayed(
      configuration,
      `time,a,b
       2026-01-01T00:00:00Z,1,1
       2026-01-01T00:01:00Z,20,1
       2026-01-01T00:02:00Z,1,1`,
    );
    expect(alertsOf(report)).toEqual({ 'machine/drift': 1, 'machine/both': 1 });
    expect(report.warnings).toEqual([]);
  });

  it('are said to look at a signal that the recording has not, and columns that nobody reads are named', () => {
    const report = replayed(
      configuration,
      `time,a,B,note
       2026-01-01T00:00:00Z,20,1,warm`,
    );
    expect(report.alerts).toBe(0);
    expect(report.warnings).toEqual([
      'No rule and no signal of the configuration is called like these columns: B, note.',
      'Rule drift of machine looks at b, of which the recording has nothing.',
      'Rule both of machine looks at b, of which the recording has nothing.',
    ]);
    expect(reportLines(report)).toContain(`warning: ${report.warnings[0]}`);
  });
});

it('devices of one bus that fall silent together are one alert, as in a gateway', () => {
  const silent = {
    name: 'silent',
    version: 1,
    signal: 't',
    stale: { afterMilliseconds: 60_000, severity: 'MAJOR' },
  } as const;
  const slave = (deviceId: string, unitId: number) => ({
    deviceId,
    unitId,
    pollMilliseconds: 1000,
    points: [{ signal: 't', table: 'input-register' as const, address: 0 }],
  });
  const report = replayed(
    {
      gateway,
      connectors: [
        { type: 'modbus-tcp', name: 'plant', host: '127.0.0.1', slaves: [slave('one', 1), slave('two', 2)] },
      ],
      devices: ['one', 'two'].map((id) => ({ id, rules: [silent] })),
    },
    `time,device,signal,value
     2026-01-01T00:00:00Z,one,t,1
     2026-01-01T00:00:00Z,two,t,1
     2026-01-01T00:10:00Z,one,t,1`,
  );
  expect(report.alerts).toBe(1);
});

describe('the quality of a recorded value', () => {
  const configuration: GatewayConfiguration = {
    gateway,
    devices: [
      {
        id: 'machine',
        rules: [
          { name: 'hot', version: 1, signal: 'a', limits },
          {
            name: 'broken',
            version: 1,
            signal: 'a',
            badQuality: { onDelayMilliseconds: 60_000, severity: 'MINOR' },
          },
        ],
      },
    ],
  };
  const asItWas = {
    'long form': `time,signal,value,quality
      2026-01-01T00:00:00Z,a,20,GOOD
      2026-01-01T00:01:00Z,a,,bad
      2026-01-01T00:02:00Z,a,1,BAD
      2026-01-01T00:05:00Z,a,20,
      2026-01-01T00:06:00Z,a,20,fine`,
    'a column for each signal': `time,a,a.quality
      2026-01-01T00:00:00Z,20,GOOD
      2026-01-01T00:01:00Z,,bad
      2026-01-01T00:02:00Z,1,BAD
      2026-01-01T00:05:00Z,20,
      2026-01-01T00:06:00Z,20,fine`,
    'one quality for a row': `time,a,quality
      2026-01-01T00:00:00Z,20,GOOD
      2026-01-01T00:01:00Z,,bad
      2026-01-01T00:02:00Z,1,BAD
      2026-01-01T00:05:00Z,20,
      2026-01-01T00:06:00Z,20,fine`,
  };
  it.each(Object.entries(asItWas))(
    'clears nothing while it is BAD, and raises what waits for it: %s',
    (_, text) => {
      const report = replayed(configuration, text);
      expect(report.warnings).toEqual([]);
      expect(report.refused).toEqual({ 'the quality is none of GOOD, UNCERTAIN and BAD': 1 });
      expect(alertsOf(report)).toEqual({ 'machine/hot': 1, 'machine/broken': 1 });
      const [hot, broken] = report.rules;
      expect(hot).toMatchObject({ isOpen: true });
      expect(broken).toMatchObject({
        isOpen: false,
        occurrences: [{ clearedAt: Date.UTC(2026, 0, 1, 0, 5) }],
      });
    },
  );

  it('is seen by formulas where it is UNCERTAIN', () => {
    const formula = "quality(a) == 'UNCERTAIN'";
    const report = replayed(
      {
        gateway,
        devices: [
          {
            id: 'machine',
            rules: [
              { name: 'doubtful', version: 1, signal: 'a', expression: { formula, severity: 'MINOR' } },
            ],
          },
        ],
      },
      `time,a,quality
       2026-01-01T00:00:00Z,1,GOOD
       2026-01-01T00:01:00Z,1,UNCERTAIN`,
    );
    expect(alertsOf(report)).toEqual({ 'machine/doubtful': 1 });
  });
});

describe('what Andon itself recorded', () => {
  const configuration: GatewayConfiguration = {
    gateway,
    devices: [{ id: 'machine', rules: [{ name: 'hot', version: 1, signal: 'a', limits }] }],
  };
  const devices = configuration.devices ?? [];
  const asked = { device: undefined, signal: undefined };
  const start = Date.UTC(2026, 0, 1);
  const reportOf = (document: unknown) => {
    const { rows, refusals, warnings } = readJsonRecording(JSON.stringify(document), asked, devices);
    const run = new Replay(configuration);
    for (const row of rows) run.play(row);
    return run.report(refusals, warnings);
  };
  const reading = (seconds: number, value: number | null, quality = 'GOOD') => ({
    id: seconds,
    sourceTime: new Date(start + seconds * 1000).toISOString(),
    value,
    quality,
    qualityReason: quality === 'BAD' ? 'timeout' : null,
  });
  const part = {
    type: 'alert-recording',
    alertId: '0198c5f0-0000-7000-8000-000000000001',
    deviceId: 'machine',
    part: 'before',
    from: start,
    to: start + 3000,
    truncated: false,
    signals: [{ signal: 'a', times: [-500, 0, 1000, 2000], values: [1, 9, null, 1], qualities: 'GUBG' }],
    frames: [],
  };

  it('as pages of raw readings is replayed, in whatever order the pages are', () => {
    const pages = [
      { items: [reading(20, 9), reading(30, 1)], nextCursor: null },
      { items: [reading(0, 1), reading(10, null, 'BAD')], nextCursor: 'next' },
    ];
    expect(reportOf(pages)).toMatchObject({ rows: 4, alerts: 1, warnings: [], refused: {} });
    const hot = reportOf(pages).rules[0];
    expect(hot?.occurrences).toMatchObject([{ raisedAt: start + 20_000, clearedAt: start + 30_000 }]);
    expect(reportOf(pages[1]).warnings).toEqual([
      'There are more pages after this one (nextCursor), which are not in the file.',
    ]);
  });

  it('around an alert is replayed, as the gateway sends it and as the cloud shows it', () => {
    const { type: _type, alertId: _alertId, deviceId: _deviceId, ...shown } = part;
    const iso = (time: number) => new Date(time).toISOString();
    for (const document of [part, { parts: [{ ...shown, from: iso(part.from), to: iso(part.to) }] }]) {
      const report = reportOf(document);
      expect(report).toMatchObject({ rows: 4, alerts: 1, warnings: [] });
      expect(report.rules[0]?.occurrences).toMatchObject([{ raisedAt: start, clearedAt: start + 2000 }]);
    }
    expect(reportOf({ ...part, truncated: true }).warnings).toHaveLength(1);
  });

  it('is refused with the place of the mistake where it has another shape', () => {
    const refused = (document: unknown) => expect(() => reportOf(document));
    refused({ rows: [] }).toThrow('The document is neither a page of readings (items)');
    refused([{ items: [] }, 3]).toThrow('/1 is neither');
    refused([{ items: [reading(0, 1), { ...reading(1, 1), quality: 'FINE' }] }]).toThrow(
      /^At \/0\/items\/1\/quality: /,
    );
    refused({ ...part, signals: [{ signal: 'a', times: [0], values: [], qualities: '' }] }).toThrow(
      'Signal a has 1 times, 0 values and 0 qualities.',
    );
    refused({ ...part, deviceId: 'other' }).toThrow('4 times the device is not in the configuration');
    refused({ items: [] }).toThrow('The recording is empty.');
    expect(() => readJsonRecording('{"items": [', asked, devices)).toThrow('The file is not JSON');
    const two = [...devices, { id: 'other' }];
    expect(() => readJsonRecording(JSON.stringify({ items: [reading(0, 1)] }), asked, two)).toThrow(
      'The recording does not say of which device it is.',
    );
  });
});
