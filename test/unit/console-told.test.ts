import { expect, test } from 'vitest';
import { forPeople, toldOnce } from '../../cloud/console/src/components/told.ts';

test('people are not told of the doors of programs', () => {
  expect(forPeople('There is no such device. Look for it in GET /v1/devices. Then try again.')).toBe(
    'There is no such device. Then try again.',
  );
});

test('what went wrong is told once', () => {
  const fields = [
    { field: 'timeZone', message: 'There is no such zone.' },
    { field: 'name', message: 'It is empty.' },
  ];
  expect(toldOnce(['There is no such zone.', 'There is no such zone.', undefined], fields)).toEqual([
    'There is no such zone.',
    'name: It is empty.',
  ]);
});
