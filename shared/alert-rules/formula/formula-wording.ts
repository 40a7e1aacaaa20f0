/**
 * What may be wrong with a formula, in words that follow its place; `{{names}}` are filled in. The console's English is
 * this, too, and so nothing is imported here.
 */
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
export const formulaWording: Readonly<Record<FormulaMistakeCode, string>> = wording;
