import { type DeviceDefinition, Reading } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { RawMessage, RawValue } from '../../gateway/connectors/connector.ts';
import { type Reception, toReadings } from '../../gateway/signals/index.ts';

const gatewayTime = Date.parse('2026-05-04T10:00:00Z');
const reception: Reception = { gatewayTime, clockState: 'SYNCHRONIZED' };
const minute = 60_000;

const press: DeviceDefinition = {
  id: 'press',
  signals: [
    { name: 'temperature', unit: 'Cel', minimum: -40, maximum: 400, type: 'number' },
    { name: 'strokes' },
    { name: 'running', type: 'boolean' },
    { name: 'mode', type: 'text' },
  ],
  rules: [
    { name: 'wet', version: 1, signal: 'humidity', limits: { hi: { setpoint: 80, severity: 'MINOR' } } },
  ],
};

function read(raw: RawValue, message: Partial<RawMessage> = {}, moment: Reception = reception): Reading {
  const { readings, refused } = toReadings({ deviceId: 'press', values: [raw], ...message }, press, moment);
  expect(refused).toEqual([]);
  const [reading] = readings;
  if (reading === undefined) throw new Error('there is no reading');
  expect(Value.Check(Reading, reading)).toBe(true);
  return reading;
}

describe('a value', () => {
  test('may have a time of its own, and say of itself that it is late', () => {
    const own = read(
      { signal: 'strokes', value: 1, sourceTime: gatewayTime - minute },
      { sourceTime: gatewayTime },
    );
    expect(own).toMatchObject({ sourceTime: gatewayTime - minute, historical: false });
    const late = read({ signal: 'strokes', value: 1, sourceTime: gatewayTime - minute, historical: true });
    expect(late).toMatchObject({ sourceTime: gatewayTime - minute, historical: true });
  });

  test('becomes a reading of GOOD quality in the unit of its signal', () => {
    expect(read({ signal: 'temperature', value: 21.5 }, { bootId: 'boot-1' })).toEqual({
      type: 'reading',
      deviceId: 'press',
      signal: 'temperature',
      value: 21.5,
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: gatewayTime,
      gatewayTime,
      bootId: 'boot-1',
      clockState: 'SYNCHRONIZED',
      historical: false,
    });
  });

  test.each<[string, unknown, Reading['value'], string]>([
    ['temperature', 'hot', 'hot', 'not-a-number'],
    ['temperature', '21.5', '21.5', 'not-a-number'],
    ['temperature', true, true, 'not-a-number'],
    ['temperature', Number.NaN, null, 'not-a-number'],
    ['temperature', Number.POSITIVE_INFINITY, null, 'not-a-number'],
    ['temperature', null, null, 'no-value'],
    ['temperature', undefined, null, 'no-value'],
    ['temperature', { celsius: 21 }, null, 'not-a-value'],
    ['temperature', [21], null, 'not-a-value'],
    ['temperature', 400.1, 400.1, 'out-of-range'],
    ['temperature', -41, -41, 'out-of-range'],
    ['temperature', 2n ** 80n, null, 'number-too-large'],
    ['strokes', 'many', 'many', 'not-a-number'],
    ['humidity', 'wet', 'wet', 'not-a-number'],
    ['running', 'yes', 'yes', 'not-a-boolean'],
    ['running', 2, 2, 'not-a-boolean'],
    ['mode', 3, 3, 'not-a-text'],
    ['mode', 'x'.repeat(4097), null, 'text-too-long'],
  ])('of %s that is %s is BAD: %s, %s', (signal, raw, value, reason) => {
    expect(read({ signal, value: raw })).toMatchObject({ value, quality: 'BAD', qualityReason: reason });
  });

  test.each<[string, unknown, Reading['value']]>([
    ['temperature', -40, -40],
    ['temperature', 400, 400],
    ['temperature', 21n, 21],
    ['strokes', 12, 12],
    ['strokes', true, true],
    ['running', false, false],
    ['running', 1, 1],
    ['mode', 'idle', 'idle'],
    ['not-defined', 'anything', 'anything'],
    ['not-defined', 7, 7],
  ])('of %s that is %s is GOOD', (signal, raw, value) => {
    expect(read({ signal, value: raw })).toMatchObject({ value, quality: 'GOOD' });
  });

  test('that could not be read is BAD with the reason of the connector', () => {
    const reading = read({ signal: 'temperature', value: 5, badReason: 'exception-2' });
    expect(reading).toMatchObject({ value: null, quality: 'BAD', qualityReason: 'exception-2', unit: 'Cel' });
  });

  test('in another unit than its signal is BAD, and keeps its unit', () => {
    const reading = read({ signal: 'temperature', value: 300, unit: 'K' });
    expect(reading).toMatchObject({ value: 300, unit: 'K', quality: 'BAD', qualityReason: 'unit-mismatch' });
    expect(read({ signal: 'temperature', value: 300, unit: 'Cel' }).quality).toBe('GOOD');
    expect(read({ signal: 'strokes', value: 300, unit: '1' })).toMatchObject({ unit: '1', quality: 'GOOD' });
  });

  test('whose signal has no legal name is refused, and disturbs nothing else', () => {
    const values = [
      { signal: 'two words', value: 1 },
      { signal: 'temperature', value: 20 },
      { signal: '', value: 2 },
      { signal: 'x'.repeat(101), value: 3 },
    ];
    const { readings, refused } = toReadings({ deviceId: 'press', values }, press, reception);
    expect(readings.map(({ signal }) => signal)).toEqual(['temperature']);
    expect(refused.map(({ reason }) => reason)).toEqual(['signal-name', 'signal-name', 'signal-name']);
  });

  test('of a message with a boot id or unit that no reading can carry loses that only', () => {
    const raw = { signal: 'strokes', value: 1, unit: 'u'.repeat(33) };
    const reading = read(raw, { bootId: 'b'.repeat(65) });
    expect(reading).not.toHaveProperty('bootId');
    expect(reading).not.toHaveProperty('unit');
    expect(reading.quality).toBe('GOOD');
  });
});

describe("the device's time", () => {
  const at = (sourceTime: number, moment?: Reception) =>
    read({ signal: 'temperature', value: 20 }, { sourceTime }, moment);

  test('is taken where it is plausible, also a little ahead', () => {
    expect(at(gatewayTime - 5.4)).toMatchObject({ sourceTime: gatewayTime - 5, quality: 'GOOD' });
    const ahead = gatewayTime + 24 * 60 * minute;
    expect(at(ahead)).toMatchObject({ sourceTime: ahead, quality: 'GOOD', historical: false });
  });

  test.each([
    [gatewayTime + 24 * 60 * minute + 1, 'device-time-in-future'],
    [Number.MAX_VALUE, 'device-time-in-future'],
    [0, 'device-time-not-set'],
    [Date.parse('2000-01-01T00:10:00Z'), 'device-time-not-set'],
    [-1, 'device-time-not-set'],
    [Number.NaN, 'device-time-invalid'],
  ])('of %d gives way to the time of the gateway, and the reading is UNCERTAIN: %s', (sourceTime, reason) => {
    expect(at(sourceTime)).toMatchObject({
      sourceTime: gatewayTime,
      quality: 'UNCERTAIN',
      qualityReason: reason,
      historical: false,
      value: 20,
    });
  });

  test('does not make a BAD value better', () => {
    const reading = read({ signal: 'temperature', value: 'hot' }, { sourceTime: 0 });
    expect(reading).toMatchObject({ quality: 'BAD', qualityReason: 'not-a-number', sourceTime: gatewayTime });
  });

  test('of more than 90 minutes ago makes the reading historical, which is a flag and no filter', () => {
    expect(at(gatewayTime - 90 * minute)).toMatchObject({ historical: false });
    expect(at(gatewayTime - 90 * minute - 1)).toMatchObject({ historical: true, quality: 'GOOD' });
    const recorded = Date.parse('2013-12-02T21:15:00Z');
    expect(at(recorded)).toMatchObject({ sourceTime: recorded, historical: true, quality: 'GOOD' });
  });

  test('is believed by a gateway whose own clock is not set', () => {
    const lost: Reception = { gatewayTime: 60_000, clockState: 'UNSYNCHRONIZED' };
    expect(at(gatewayTime, lost)).toMatchObject({
      sourceTime: gatewayTime,
      quality: 'GOOD',
      historical: false,
    });
  });
});
