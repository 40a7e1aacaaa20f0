import { expect, test } from 'vitest';
import { keepTyped } from '../../cloud/console/src/components/edited.ts';

test('what was typed stays, and what was left as it had been becomes what is there now', () => {
  const before = { name: 'Press', tags: ['a'], zone: null as string | null };
  const typed = { name: 'Press one', tags: ['a'], zone: null };
  const now = { name: 'Press two', tags: ['a', 'b'], zone: 'Europe/Madrid' };
  expect(keepTyped(before, typed, now)).toEqual({
    name: 'Press one',
    tags: ['a', 'b'],
    zone: 'Europe/Madrid',
  });
});
