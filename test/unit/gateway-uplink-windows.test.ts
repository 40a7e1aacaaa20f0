import type { AlertRule, AlertShelving } from '@andon/shared/contracts';
import { expect, test } from 'vitest';
import { UplinkGate, UrgentNews, uplinkAllowed } from '../../gateway/uplink-windows/index.ts';
import { machineClock } from '../support/clock.ts';

const at = (time: string) => Date.parse(`2026-03-02T${time}Z`);
const nightly = { cron: '0 22 * * *', minutes: 120, timeZone: 'Etc/UTC' };

function gate(time: string, urgent = () => false) {
  const clock = machineClock(`2026-03-02T${time}Z`);
  return { clock, gate: new UplinkGate([nightly], { clock, urgent }) };
}

test('The lines are open from the minute of the cron expression for so many minutes, also past midnight', () => {
  expect(gate('21:59:59.999').gate.isOpen()).toBe(false);
  expect(gate('22:00:00').gate.isOpen()).toBe(true);
  expect(gate('23:59:59').gate.isOpen()).toBe(true);
  const { clock, gate: late } = gate('22:30:00');
  expect(late.isOpen()).toBe(true);
  clock.pass(2 * 3_600_000);
  expect(late.isOpen()).toBe(false);
  clock.setWall('2026-03-03T22:00:00Z');
  expect(late.isOpen()).toBe(true);
});

test('A critical alert opens them at any time, and they stay open until the cloud has heard of its end', () => {
  let critical = true;
  const { clock, gate: shut } = gate('08:00:00', () => critical);
  expect(shut.isOpen()).toBe(true);
  critical = false;
  clock.pass(59_000);
  expect(shut.isOpen()).toBe(true);
  clock.pass(2000);
  expect(shut.isOpen()).toBe(false);
});

test('Without windows they are always open', () => {
  expect(uplinkAllowed(at('03:00:00'), false, [])).toBe(true);
  expect(uplinkAllowed(at('03:00:00'), true, [{ opensAt: () => false, minutes: 10 }])).toBe(true);
  expect(uplinkAllowed(at('03:00:00'), false, [{ opensAt: () => false, minutes: 10 }])).toBe(false);
});

test('The shelving of a rule that can be CRITICAL is urgent where it chattered, until the lane is empty; no other is', () => {
  const rule = (severity: 'CRITICAL' | 'MAJOR'): AlertRule => ({
    name: 'trip',
    version: 1,
    signal: 'temperature',
    limits: { hi: { setpoint: 100, severity } },
  });
  const shelving = (kind: AlertShelving['kind']): AlertShelving => ({
    type: 'alert-shelving',
    deviceId: 'press-1',
    rule: 'trip',
    ruleVersion: 1,
    shelved: true,
    kind,
    at: 1,
    until: 2,
    by: 'gateway',
    reason: 'raised too often',
  });
  const news = new UrgentNews();
  let queued = 1;
  const isWaiting = () => news.isWaiting(() => queued);
  news.note(shelving('timed'));
  expect([news.committed(() => rule('CRITICAL')), isWaiting()]).toEqual([false, false]);
  news.note(shelving('chatter'));
  expect([news.committed(() => rule('MAJOR')), isWaiting()]).toEqual([false, false]);
  news.note(shelving('chatter'));
  expect([news.committed(() => rule('CRITICAL')), isWaiting()]).toEqual([true, true]);
  queued = 0;
  expect(isWaiting()).toBe(false);
  queued = 1;
  expect(isWaiting()).toBe(false);
});
