import { describe, expect, test } from 'vitest';
import { spokenTransition } from '../../cloud/cases/spoken-transition.ts';

const press = { signal: 'temperature', errorCode: 42 };

describe('what happened to an alert, in a sentence', () => {
  test.each([
    ['raised', 'HI', 'Temperature is too high (error 42)'],
    ['escalated', 'HIHI', 'It got worse: temperature is far too high'],
    ['deescalated', 'HI', 'It got better: temperature is too high'],
    ['cleared', 'HI', 'Temperature is back to normal'],
    ['raised', 'ERROR_CODE', 'The device reports error 42'],
    ['cleared', 'ERROR_CODE', 'The device no longer reports error 42'],
    ['raised', 'STALE', 'Nothing is heard of temperature (error 42)'],
    ['cleared', 'STALE', 'Temperature is heard of again'],
  ] as const)('%s, %s', (transition, state, sentence) => {
    expect(spokenTransition({ ...press, transition, state })).toBe(sentence);
  });

  test('without an error code', () => {
    const alert = { signal: 'pressure', errorCode: null };
    expect(spokenTransition({ ...alert, transition: 'raised', state: 'LOLO' })).toBe(
      'Pressure is far too low',
    );
    expect(spokenTransition({ ...alert, transition: 'raised', state: 'ERROR_CODE' })).toBe(
      'The device reports an error',
    );
  });
});
