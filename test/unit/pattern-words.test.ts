import { expect, test } from 'vitest';
import { Slug, wordsOfPattern } from '../../shared/contracts/index.ts';

test('what an identifier may be is told in words, and no other pattern is', () => {
  expect(wordsOfPattern(Reflect.get(Slug, 'pattern'))).toContain('small letters');
  expect(wordsOfPattern('^[0-9]+$')).toBeUndefined();
});
