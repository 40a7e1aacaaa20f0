import type { RuleMistake } from '@andon/shared/alert-rules/rule-mistakes';
import { ruleMistakesEn } from '../i18n/rule-mistakes.ts';

type Translate = (key: string, values?: Record<string, unknown>) => string;

/** What the door tells of a mistake: its code may be newer than this console. */
export type ToldMistake = Pick<RuleMistake, 'values'> & { readonly code: string };

/** A mistake in a rule, in the words of the page; in those of the door where the page has none. */
export const ruleMistakeText = (mistake: ToldMistake & { readonly message: string }, t: Translate): string =>
  knownMistakeText(mistake, t) ?? t('rules.mistake', { message: mistake.message });

/** Undefined where the page has no words for it. */
export function knownMistakeText({ code, values }: ToldMistake, t: Translate): string | undefined {
  if (Object.hasOwn(ruleMistakesEn.sense, code)) {
    return t(`rules.mistakes.sense.${code}`, inWords(values, t));
  }
  if (Object.hasOwn(ruleMistakesEn.formula, code)) {
    const what = t(`rules.mistakes.formula.${code}`, values);
    return t('rules.mistakes.inFormula', { position: values.position, what });
  }
  return undefined;
}

/** Values that are words of the contract, in those of the page. */
function inWords(values: ToldMistake['values'], t: Translate): Record<string, unknown> {
  const { type, other, lower } = values;
  return {
    ...values,
    ...(type === undefined ? {} : { type: t(`rules.mistakes.type.${type}`) }),
    ...(other === undefined ? {} : { other: t(`rules.kind.${other}`) }),
    ...(lower === undefined ? {} : { lower: String(lower).toUpperCase() }),
  };
}
