import type { GatewayConfiguration } from '@andon/shared/contracts';
import { describe, expect, it } from 'vitest';
import { RecordingReader, Replay, type ReplayReport, reportLines } from '../../gateway/replay/index.ts';

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
