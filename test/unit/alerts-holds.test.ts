import { expect, test } from 'vitest';
import { reasonNotToTell } from '../../cloud/alert-notices/index.ts';
import { groupKeyOf, tidyFields } from '../../cloud/alerts/grouping.ts';
import { isHeldByPrimary } from '../../cloud/alerts/hold.ts';

const member = (deviceId: string, severity: 'CRITICAL' | 'MAJOR' | 'WARNING') => ({
  source: 'device' as const,
  deviceId,
  severity,
});

test('a child of another device is held by its active primary, unless it is worse', () => {
  const primary = { ...member('a', 'MAJOR'), isActive: true };
  expect(isHeldByPrimary(member('b', 'MAJOR'), primary)).toBe(true);
  expect(isHeldByPrimary(member('b', 'WARNING'), primary)).toBe(true);
  expect(isHeldByPrimary(member('b', 'CRITICAL'), primary)).toBe(false);
  expect(isHeldByPrimary(member('a', 'MAJOR'), primary)).toBe(false);
  expect(isHeldByPrimary(member('b', 'MAJOR'), { ...primary, isActive: false })).toBe(false);
});

test('alerts have a group where all that is to be in common is known of them', () => {
  const alert = {
    deviceId: 'press-1',
    gatewayId: 'line-1',
    siteId: null,
    assetId: 'asset',
    categoryId: 'press',
    errorCode: 42,
    rule: 'hot',
    signal: 'oil|temperature',
  };
  const keyOf = (fields: Parameters<typeof groupKeyOf>[1]['fields'], windowSeconds = 300) =>
    groupKeyOf(alert, { fields, windowSeconds });
  expect(keyOf(['device', 'error-code'])).toBe('device=press-1|error-code=42');
  // Of categories that have not the device in common each has groups of its own.
  expect(keyOf(['gateway', 'signal'])).toBe('category=press|gateway=line-1|signal=oil%7Ctemperature');
  expect(keyOf(['site', 'rule'])).toBeNull();
  expect(keyOf([])).toBeNull();
  expect(keyOf(['device'], 0)).toBeNull();
  expect(
    groupKeyOf({ ...alert, errorCode: null }, { fields: ['device', 'error-code'], windowSeconds: 300 }),
  ).toBe(null);
  expect(tidyFields(['rule', 'device'])).toEqual(['device', 'rule']);
  expect(() => tidyFields(['rule', 'rule'])).toThrowError(
    expect.objectContaining({ code: 'alerts.grouping-repeats-a-field' }),
  );
});

test('nobody is told of what is over, held, seen, or stood for by its primary', () => {
  const alert = {
    condition: 'active',
    status: 'active',
    response: 'unacknowledged',
    hold: null,
    severity: 'MAJOR',
  } as const;
  const primary = { severity: 'MAJOR', condition: 'active' } as const;
  expect(reasonNotToTell(alert, undefined)).toBeUndefined();
  expect(reasonNotToTell({ ...alert, condition: 'cleared' }, undefined)).toContain('over');
  expect(reasonNotToTell({ ...alert, status: 'closed' }, undefined)).toContain('over');
  expect(reasonNotToTell({ ...alert, response: 'acknowledged' }, undefined)).toContain('seen');
  expect(
    reasonNotToTell({ ...alert, hold: { kind: 'maintenance', id: 'x', until: null } }, undefined),
  ).toContain('maintenance');
  expect(reasonNotToTell(alert, primary)).toContain('primary');
  expect(reasonNotToTell({ ...alert, severity: 'CRITICAL' }, primary)).toBeUndefined();
});
