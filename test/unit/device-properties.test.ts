import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  differencesOf,
  mergeProperties,
  propertiesBytesMax,
  propertiesDepthMax,
  troubleWithProperties,
} from '../../cloud/devices/properties.ts';

describe('what a device reports', () => {
  test('is merged into what it reported before, and null takes away', () => {
    const before = { interval: 10, network: { ssid: 'hall', channel: 6 }, colours: ['red', 'green'] };
    const patch = { interval: null, network: { channel: 11 }, colours: ['blue'] };
    expect(mergeProperties(before, patch)).toEqual({
      network: { ssid: 'hall', channel: 11 },
      colours: ['blue'],
    });
  });

  test('twice is as once, and nothing of it reaches the prototype of objects', () => {
    const names = fc.constantFrom('a', 'b', '__proto__', 'constructor');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.dictionary(names, fc.oneof(fc.integer(), fc.constant(null), tie('tree')), {
        noNullPrototype: true,
      }),
    }));
    const object = tree as fc.Arbitrary<Record<string, unknown>>;
    fc.assert(
      fc.property(object, object, (before, patch) => {
        const once = mergeProperties(before, patch);
        expect(mergeProperties(once, patch)).toEqual(once);
        expect(Object.getPrototypeOf(once)).toBe(Object.prototype);
      }),
    );
  });

  test('is held against what is wanted, path by path', () => {
    const desired = { interval: 10, network: { ssid: 'hall', 'a/b': true }, mode: 'eco' };
    const reported = { interval: 10, network: { ssid: 'attic', extra: 1 }, serial: 'x' };
    expect(differencesOf(desired, reported)).toEqual([
      { path: '/mode', desired: 'eco', reported: null, isReported: false },
      { path: '/network/a~1b', desired: true, reported: null, isReported: false },
      { path: '/network/ssid', desired: 'hall', reported: 'attic', isReported: true },
    ]);
    expect(differencesOf(desired, mergeProperties(reported, desired))).toEqual([]);
  });

  test('has a limit in bytes and in depth', () => {
    expect(troubleWithProperties({ text: 'x'.repeat(propertiesBytesMax - 11) })).toBeUndefined();
    expect(troubleWithProperties({ text: 'x'.repeat(propertiesBytesMax) })).toContain('bytes');
    const nested = (levels: number): Record<string, unknown> =>
      levels === 0 ? {} : { a: nested(levels - 1) };
    expect(troubleWithProperties(nested(propertiesDepthMax))).toBeUndefined();
    expect(troubleWithProperties(nested(propertiesDepthMax + 1))).toContain('deeper');
    expect(troubleWithProperties(nested(3000))).toContain('deeper');
  });
});
