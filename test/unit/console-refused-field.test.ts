import i18next from 'i18next';
import { beforeAll, expect, test } from 'vitest';
import { refusedFieldText } from '../../cloud/console/src/components/refused-field.ts';
import { en } from '../../cloud/console/src/i18n/en.ts';
import { es } from '../../cloud/console/src/i18n/es.ts';
import { pt } from '../../cloud/console/src/i18n/pt.ts';
import { refusedKeywords } from '../../cloud/console/src/i18n/refused-form.ts';
import { zhHant } from '../../cloud/console/src/i18n/zh-hant.ts';

const languages = { en, es, pt, 'zh-Hant': zhHant };
const translate = (language: string) => {
  const t = i18next.getFixedT(language);
  return (key: string, values: Record<string, unknown> = {}) => t(key, values);
};

beforeAll(async () => {
  await i18next.init({
    lng: 'en',
    resources: Object.fromEntries(
      Object.entries(languages).map(([name, translation]) => [name, { translation }]),
    ),
    interpolation: { escapeValue: false },
  });
});

test.each(Object.keys(languages))('every keyword of a schema has its sentence in %s', (language) => {
  const values = { limit: 3, allowed: 'a, b' };
  for (const keyword of [...refusedKeywords, 'something-new']) {
    const told = refusedFieldText(
      { field: 'body', message: 'must be', keyword, values },
      translate(language),
    );
    expect(told).not.toMatch(/\{\{|refusedForm|must be$/);
  }
});

test.each([
  [
    'rules.1.limits.hi.deadband',
    'minimum',
    { limit: 0 },
    'Regla 2 › limits › hi › banda muerta: Debe ser 0 o más.',
  ],
  ['rules.0.name', 'required', {}, 'Regla 1 › nombre: Falta.'],
  ['name', 'minLength', { limit: 1 }, 'nombre: Debe tener al menos 1 caracteres.'],
])('%s refused for %s is told in the language of the page', (field, keyword, values, told) => {
  expect(refusedFieldText({ field, message: 'English', keyword, values }, translate('es'))).toBe(told);
});
