import { readFileSync } from 'node:fs';
import { parseFormula } from '@andon/shared/alert-rules';
import { formulaWording } from '@andon/shared/alert-rules/formula-wording';
import { expect, test } from 'vitest';
import { ruleMistakesEn } from '../../cloud/console/src/i18n/rule-mistakes.ts';

test("the English words for a formula's mistakes are written once, for the service and for the console", () => {
  expect(ruleMistakesEn.formula).toBe(formulaWording);
  expect(() => parseFormula('a = 1')).toThrow(formulaWording['single-equals']);
});

test('the words bring nothing else into the bundle of the console', () => {
  const source = readFileSync(
    new URL('../../shared/alert-rules/formula/formula-wording.ts', import.meta.url),
    'utf8',
  );
  expect(source).not.toMatch(/\bimport\b.*\bfrom\b/);
});
