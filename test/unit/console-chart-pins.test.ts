import { expect, test } from 'vitest';
import type { Moment } from '../../cloud/console/src/api/moments.ts';
import { pinsOf } from '../../cloud/console/src/charts/pins.ts';

const begin = Date.parse('2026-03-02T08:00:00Z');
const momentAt = (id: number, seconds: number): Moment => ({
  id,
  at: new Date(begin + seconds * 1000).toISOString(),
  kind: 'device.rebooted',
  recordId: null,
  signal: null,
  severity: null,
  state: null,
  title: null,
});

test('what lies too close together on a chart is one pin, newest first, and what lies outside is none', () => {
  const moments = [momentAt(4, 101), momentAt(3, 60), momentAt(2, 12), momentAt(1, 10), momentAt(0, -1)];
  const pins = pinsOf(moments, { from: begin, to: begin + 100_000 }, 0.05);
  expect(pins.map(({ position, moments: held }) => [position, held.map(({ id }) => id)])).toEqual([
    [0.1, [2, 1]],
    [0.6, [3]],
  ]);
});
