import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AlertPlace,
  alertStages,
  mayBecome,
  placeOf,
  requireStatusStep,
  stageOf,
} from '../../cloud/alerts/status.ts';

/** Whatever is wished for in whatever order; a refused wish changes nothing. */
const wishes = fc.array(fc.constantFrom(...alertStages), { maxLength: 40 });

test('whatever is asked for in whatever order, an alert moves by the table alone, and never out of closed', () => {
  fc.assert(
    fc.property(wishes, (order) => {
      let place: AlertPlace = { status: 'active', progress: null };
      for (const wish of order) {
        const before = stageOf(place);
        if (mayBecome(before, wish)) {
          requireStatusStep(before, wish);
          place = placeOf(wish);
          expect(before).not.toBe('closed');
        } else {
          expect(() => requireStatusStep(before, wish)).toThrow();
        }
        expect(place.progress === null || place.status === 'in-progress').toBe(true);
        expect(placeOf(stageOf(place))).toEqual(place);
      }
    }),
  );
});

test('from every stage but closed an alert can be closed', () => {
  for (const stage of alertStages.filter((one) => one !== 'closed')) {
    expect(mayBecome(stage, 'closed')).toBe(true);
  }
});
