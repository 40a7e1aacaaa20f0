import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StormAlert } from '../../cloud/alerts/index.ts';
import { byCause, keyOf } from '../../cloud/incidents/cause.ts';
import { stateOf } from '../../cloud/incidents/lifecycle.ts';

const alerts = fc.array(
  fc.record({
    device: fc.integer({ min: 0, max: 30 }),
    gateway: fc.integer({ min: 0, max: 3 }),
    site: fc.option(fc.integer({ min: 0, max: 2 })),
    rule: fc.constantFrom('hot', 'cold'),
    errorCode: fc.option(fc.integer({ min: 1, max: 2 })),
  }),
  { maxLength: 60 },
);

test('every alert is counted once under each cause that it may have, and no cause has others', () => {
  fc.assert(
    fc.property(alerts, (drawn) => {
      const all = drawn.map(
        ({ device, gateway, site, rule, errorCode }, index): StormAlert => ({
          id: `alert-${index}`,
          source: 'device',
          deviceId: `device-${device}`,
          gatewayId: `gateway-${gateway}`,
          accountId: 'account',
          assetId: 'asset',
          siteId: site === null ? null : `site-${site}`,
          categoryId: 'press',
          rule,
          state: 'HI',
          severity: 'MAJOR',
          errorCode,
        }),
      );
      const groups = byCause(all);
      for (const kind of ['rule', 'gateway'] as const) {
        const members = groups.filter(({ cause }) => cause.kind === kind).flatMap((group) => group.alerts);
        expect(members.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      }
      const atSites = groups.filter(({ cause }) => cause.kind === 'site').flatMap((group) => group.alerts);
      expect(atSites).toHaveLength(all.filter(({ siteId }) => siteId !== null).length);
      expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
      expect(groups.every(({ cause, key }) => keyOf(cause) === key)).toBe(true);
    }),
  );
});

test('an incident gathers while alerts come, settles when none does, and is over when none is active', () => {
  const quiet = 300_000;
  const state = (from: 'gathering' | 'settled', active: number, lastAt: number | null, now: number) =>
    stateOf({ state: from, openedAt: 0 }, { anyActive: active > 0, lastAt }, now, quiet);
  expect(state('gathering', 5, 1000, 1000 + quiet - 1)).toBe('gathering');
  expect(state('gathering', 0, 1000, 2000)).toBe('gathering');
  expect(state('gathering', 5, 1000, 1000 + quiet)).toBe('settled');
  expect(state('gathering', 0, null, quiet)).toBe('over');
  expect(state('settled', 5, 1000, 1500)).toBe('settled');
  expect(state('settled', 0, 1000, 1500)).toBe('over');
});
