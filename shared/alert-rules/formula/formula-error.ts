import { AndonError } from '@andon/shared/kernel/errors';

/** What may be wrong with a formula, in words that follow its place; `{{names}}` are filled in. */
const wording = {
  'too-long': 'a formula has at most {{most}} characters',
  'single-equals': 'compare with ==, not with =',
  'and-as-sign': 'write and',
  'or-as-sign': 'write or',
  'not-as-sign': 'write not',
  'open-bracket': 'a signal in brackets is [its name], closed by ]',
  'open-text': 'a text ends with the quotation mark that it began with',
  'unknown-character': '{{found}} means nothing here',
  'too-much': '{{found}} is too much here',
  'too-deep': 'it nests deeper than {{most}}',
  'comparisons-in-a-row': 'comparisons do not follow each other; join them with and',
  'ends-too-early': 'it ends too early',
  'no-value': '{{found}} is no value',
  'nothing-before': '{{word}} has nothing before it; a signal of this name is [{{word}}]',
  'if-parts': 'if takes a condition and two values',
  'no-function': 'there is no function {{name}}; there are {{functions}}',
  'value-count': '{{name}} takes {{many}} values, not {{given}}',
  'active-of-rule': "active takes the name of a rule: active('name')",
  'quality-of-signal': 'quality takes a signal',
  'too-many-names': 'it names more than {{most}} signals and rules',
  'too-many-parts': 'it has more than {{most}} parts',
  'symbol-needed': 'there is {{found}} where {{symbol}} is needed',
  'symbol-needed-at-end': 'the formula ends where {{symbol}} is needed',
} as const;

export type FormulaMistakeCode = keyof typeof wording;
export type MistakeValues = Readonly<Record<string, string | number>>;

/** What a mistake is about, in the words of `wording`; a value that is missing stays a gap that one sees. */
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
      message: `At character ${position}: ${filledIn(wording[mistake], values)}.`,
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
