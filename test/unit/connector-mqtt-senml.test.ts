import { describe, expect, it } from 'vitest';
import { parseTelemetry } from '../../gateway/connectors/payload-mapping/telemetry-payload.ts';

const now = Date.parse('2026-05-04T10:00:00Z');
const read = (pack: unknown) => parseTelemetry(Buffer.from(JSON.stringify(pack)), () => now);
const values = (pack: unknown) => {
  const result = read(pack);
  return 'telemetry' in result ? result.telemetry.values : result.refusal;
};

describe('a SenML pack (RFC 8428)', () => {
  it('is one value of a device that its topic knows already (5.1.1)', () => {
    expect(values([{ n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 }])).toEqual([
      { signal: '10e2073a01080063', value: 23.1, unit: 'Cel' },
    ]);
  });

  it('resolves base name, time and unit (5.1.3)', () => {
    const pack = [
      {
        bn: 'urn:dev:ow:10e2073a0108006:',
        bt: 1.276020076001e9,
        bu: 'A',
        bver: 5,
        n: 'voltage',
        u: 'V',
        v: 120.1,
      },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: -4, v: 1.3 },
      { n: 'current', v: 1.7 },
    ];
    const at = 1_276_020_076_001;
    expect(values(pack)).toEqual([
      { signal: 'current', value: 1.2, unit: 'A', sourceTime: at - 5000 },
      { signal: 'current', value: 1.3, unit: 'A', sourceTime: at - 4000 },
      { signal: 'voltage', value: 120.1, unit: 'V', sourceTime: at },
      { signal: 'current', value: 1.7, unit: 'A', sourceTime: at },
    ]);
  });

  it('has times that are relative to now', () => {
    expect(
      values([
        { bn: 'tank/', n: 'level', t: -60, v: 1 },
        { n: 'level', v: 2 },
      ]),
    ).toEqual([
      { signal: 'tank/level', value: 1, sourceTime: now - 60_000 },
      { signal: 'tank/level', value: 2 },
    ]);
  });

  it('has text, booleans, data, base values and sums', () => {
    const pack = [
      { bn: 'm:', bv: 20, bs: 100, n: 't', v: 1.5 },
      { n: 'open', vb: false },
      { n: 'label', vs: 'x' },
      { n: 'raw', vd: 'aGk' },
      { n: 'energy', u: 'J', s: 5 },
      { n: 'humidity', u: '%RH', v: 40 },
    ];
    expect(values(pack)).toEqual([
      { signal: 'm.t', value: 21.5 },
      { signal: 'm.open', value: false },
      { signal: 'm.label', value: 'x' },
      { signal: 'm.raw', value: 'aGk' },
      { signal: 'm.energy.sum', value: 105, unit: 'J' },
      { signal: 'm.humidity', value: 60, unit: '%' },
    ]);
  });

  it('is taken without the records that are wrong, each with its reason', () => {
    const pack = [
      { n: 'a', v: 1 },
      { n: 'b', v: 'text' },
      { n: 'c' },
      { n: 'd', v: 1, vs: 'x' },
      { n: 'a b', v: 1 },
      7,
      { n: 'e', t: 'noon', v: 1 },
      { n: 'f', vb: true },
    ];
    const result = read(pack);
    expect(values(pack)).toEqual([
      { signal: 'a', value: 1 },
      { signal: 'f', value: true },
    ]);
    expect('telemetry' in result && result.telemetry.recordsRefused?.map(({ reason }) => reason)).toEqual([
      'senml-value',
      'senml-no-value',
      'senml-two-values',
      'senml-name',
      'senml-record',
      'senml-record',
    ]);
  });

  it('is refused whole where a base, a version or a label cannot be understood', () => {
    expect(values([{ bn: 5, n: 'a', v: 1 }])).toBe('senml-base');
    expect(values([{ bver: 11, n: 'a', v: 1 }])).toBe('senml-version');
    expect(values([{ n: 'a', v: 1, must_: 1 }])).toBe('senml-label');
    expect(values([{ bn: 'a' }])).toBe('senml-empty');
    expect(values(Array(1001).fill({ n: 'a', v: 1 }))).toBe('senml-too-many');
    expect(values([1, 2])).toBe('not-an-object');
  });
});
