import { refusedFormEn, refusedKeywords } from '../i18n/refused-form.ts';

type Translate = (key: string, values?: Record<string, unknown>) => string;

/** What the door refuses of one field: the keyword of its schema, and what it says. */
export interface RefusedField {
  readonly field: string;
  readonly message: string;
  readonly keyword?: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** `Rule 2 › hi › setpoint: It must be 0 or more.`, in the words of the page. */
export function refusedFieldText({ field, keyword, values = {} }: RefusedField, t: Translate): string {
  const known = refusedKeywords.find((one) => one === keyword);
  const what = known === undefined ? t('refusedForm.other') : t(`refusedForm.keyword.${known}`, values);
  const place = placeOf(field, t);
  return place === '' ? what : `${place}: ${what}`;
}

function placeOf(field: string, t: Translate): string {
  const parts = field === 'body' ? [] : field.split('.');
  const [first, place = ''] = parts;
  const isRule = first === 'rules' && /^\d+$/.test(place);
  const rest = (isRule ? parts.slice(2) : parts).map((part) =>
    Object.hasOwn(refusedFormEn.field, part) ? t(`refusedForm.field.${part}`) : part,
  );
  return (isRule ? [t('refusedForm.rule', { rule: Number(place) + 1 }), ...rest] : rest).join(' › ');
}
