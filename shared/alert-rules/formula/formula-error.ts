import { AndonError } from '@andon/shared/kernel/errors';
import { type FormulaMistakeCode, formulaWording } from './formula-wording.ts';

export type MistakeValues = Readonly<Record<string, string | number>>;

/** What a mistake is about, in the words of `formulaWording`; a value that is missing stays a gap that one sees. */
export function filledIn(words: string, values: MistakeValues): string {
  return words.replace(/\{\{(\w+)\}\}/g, (gap, name: string) => String(values[name] ?? gap));
}

/** The first mistake of a formula. `position` counts characters from 1; `mistake` says which it is in any language. */
export class FormulaError extends AndonError {
  readonly mistake: FormulaMistakeCode;
  readonly values: MistakeValues;
  readonly position: number;

  constructor(position: number, mistake: FormulaMistakeCode, values: MistakeValues) {
    super({
      code: 'alert-rules.formula',
      message: `At character ${position}: ${filledIn(formulaWording[mistake], values)}.`,
      nextStep: 'Correct the formula; its grammar is in docs/reference/formulas.md.',
      status: 422,
      details: { position },
    });
    this.mistake = mistake;
    this.values = values;
    this.position = position;
  }
}

/** A mistake in a formula; `at` counts characters from 0. */
export const formulaError = (at: number, mistake: FormulaMistakeCode, values: MistakeValues = {}) =>
  new FormulaError(at + 1, mistake, values);
