import { ruleMistakes } from '@andon/shared/alert-rules';
import { AlertRule as AlertRuleSchema } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { AlertRule } from '../../cloud/console/src/api/alert-rule.ts';
import type { DeviceCategory } from '../../cloud/console/src/api/types.ts';
import { ruleMistakeText } from '../../cloud/console/src/components/rule-mistake-text.ts';
import { rulesEn, rulesEs } from '../../cloud/console/src/i18n/rules.ts';
import { rulesPt, rulesZhHant } from '../../cloud/console/src/i18n/rules-pt-zh-hant.ts';
import { toDraft, withDraft } from '../../cloud/console/src/pages/category-draft.ts';
import { mistakesOf } from '../../cloud/console/src/pages/rule-draft.ts';
import { alertRuleSentence } from '../../cloud/console/src/pages/rule-sentence.ts';
import { weekdaysText } from '../../cloud/console/src/pages/rule-time.ts';
import { errorCodeOf, withErrorCode, withSetpoint } from '../../cloud/console/src/pages/signal-draft.ts';
import { everyFieldOfARule } from '../support/every-field-of-a-rule.ts';

const words = { en: rulesEn, es: rulesEs, pt: rulesPt, 'zh-Hant': rulesZhHant };
type Language = keyof typeof words;

/** As the console writes it. */
const speak =
  (language: Language) =>
  (key: string, values: Record<string, unknown> = {}): string => {
    let found: unknown = { rules: words[language] };
    for (const step of key.split('.')) found = Reflect.get(Object(found), step);
    if (typeof found !== 'string') throw new Error(`no words for ${key}`);
    return found.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  };

const say = (rule: AlertRule, language: Language = 'en') =>
  alertRuleSentence(rule, { t: speak(language), language, unit: '°C' });

/** The paths of all fields of a schema, through unions, lists and records. */
function pathsOf(schema: unknown, path = ''): string[] {
  const { properties, items, anyOf, patternProperties } = Object(schema);
  if (anyOf !== undefined) return [...new Set<string>(anyOf.flatMap((one: unknown) => pathsOf(one, path)))];
  if (items !== undefined) return pathsOf(items, `${path}[]`);
  const inner = patternProperties === undefined ? properties : { '*': Object.values(patternProperties)[0] };
  if (inner === undefined) return [path];
  return Object.entries(inner).flatMap(([name, part]) => pathsOf(part, `${path}.${name}`));
}

function pathsIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => pathsIn(one, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, part]) =>
    pathsIn(part, `${path}.${/^[0-9]+$/.test(name) ? '*' : name}`),
  );
}

const rules: AlertRule[] = everyFieldOfARule.map(({ version: _, ...rule }) => rule);
const category: DeviceCategory = {
  id: 'press',
  name: 'Press',
  signals: [{ name: 'temperature', unit: 'Cel' }, { name: 'code' }, { name: 'torque' }, { name: 'speed' }],
  rules,
  commands: [],
  escalationPolicy: null,
  version: 3,
};

describe('the form of alert rules', () => {
  test('the rules that it is tried with have every field of the contract', () => {
    for (const rule of everyFieldOfARule) expect(Value.Errors(AlertRuleSchema, rule)).toEqual([]);
    const there = new Set(everyFieldOfARule.flatMap((rule) => pathsIn(rule)));
    expect(pathsOf(AlertRuleSchema).filter((path) => !there.has(path))).toEqual([]);
  });

  test('leaves rules with every field as they are when something else is edited [I3]', () => {
    const draft = toDraft(category);
    const byName = (some: readonly AlertRule[]) => Object.fromEntries(some.map((rule) => [rule.name, rule]));
    expect(byName(withDraft(category, draft).rules)).toEqual(byName(rules));
    const [temperature, ...others] = draft.signals;
    if (temperature === undefined) throw new Error('no row');
    const edited = withDraft(category, {
      ...draft,
      signals: [withSetpoint(temperature, 'hi', 95), ...others],
      rules: draft.rules.map((card) => ({ ...card, rule: { ...card.rule, latched: true } })),
    });
    const hot = byName(rules)['all-limits'];
    const expected = rules.map((rule) =>
      rule === hot
        ? { ...rule, limits: { ...rule.limits, hi: { ...rule.limits?.hi, setpoint: 95 } } }
        : { ...rule, latched: true },
    );
    expect(
      edited.rules.toSorted(
        (a, b) =>
          rules.findIndex(({ name }) => name === a.name) - rules.findIndex(({ name }) => name === b.name),
      ),
    ).toEqual(expected);
  });

  test('one error code for all limits of a row is written over those that differ only when it is typed', () => {
    const [row] = toDraft(category).signals;
    if (row === undefined) throw new Error('no row');
    expect(errorCodeOf(row)).toBeUndefined();
    const coded = withErrorCode(row, 7);
    expect(errorCodeOf(coded)).toBe(7);
    expect(Object.values(coded.rule.limits ?? {}).map(({ errorCode }) => errorCode)).toEqual([7, 7, 7, 7]);
  });

  test('a limit that is emptied and typed anew keeps its delays and its severity', () => {
    const [row, ...others] = toDraft(category).signals;
    if (row === undefined) throw new Error('no row');
    const again = withSetpoint(withSetpoint(row, 'hi', ''), 'hi', 91);
    const saved = withDraft(category, { ...toDraft(category), signals: [again, ...others] });
    const { hi } = rules.find(({ name }) => name === 'all-limits')?.limits ?? {};
    expect(saved.rules[0]?.limits?.hi).toEqual({ ...hi, setpoint: 91 });
  });

  test('follows a signal that is renamed, also where another is compared with it', () => {
    const draft = toDraft(category);
    const signals = draft.signals.map((row) => (row.of === 'speed' ? { ...row, name: 'pace' } : row));
    const saved = withDraft(category, { ...draft, signals });
    expect(saved.rules.find(({ deviation }) => deviation)?.deviation).toEqual({ from: 'pace' });
  });
});

describe('the sentence of a rule', () => {
  const hot: AlertRule = {
    name: 'hot',
    signal: 'temperature',
    limits: { hi: { setpoint: 100, severity: 'MAJOR' } },
  };
  const begin = 'Raises an alert when temperature is at or above 100 °C (MAJOR).';

  test.each<[string, Partial<AlertRule>, string]>([
    [
      'its hours',
      {
        schedule: {
          timeZone: 'Europe/Berlin',
          periods: [
            { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '22:00', to: '06:00' },
            { days: ['SUN'], from: '00:00', to: '24:00' },
          ],
        },
      },
      'It speaks only Mon–Fri 22:00 to 06:00; Sun 00:00 to 24:00 (Europe/Berlin).',
    ],
    [
      'what holds it back',
      { inhibitWhen: { formula: 'not running', rule: 'power-lost' } },
      'It stays silent while not running is true or the rule power-lost has an open alert.',
    ],
    [
      'its shelf',
      { chatter: { activations: 5, withinMilliseconds: 30_000 } },
      'Raised 5 times within 30 seconds, it is shelved for 10 minutes.',
    ],
    ['that it has no shelf', { chatter: { enabled: false } }, 'It is never shelved for chattering.'],
    [
      'what is written',
      { onAlert: { type: 'write', deviceId: 'beacon', point: 'lamp', value: true } },
      'When it is raised, the gateway writes true to lamp of beacon.',
    ],
    [
      'what is published',
      { onClear: { type: 'publish', topic: 'hall/lamp', payload: 'off' } },
      'When it clears, the gateway publishes on hall/lamp.',
    ],
  ])('says %s', (_, part, expected) => {
    expect(say({ ...hot, ...part })).toBe(`${begin} ${expected}`);
  });

  test('says delays, deadband and code of a limit, and the codes of another severity', () => {
    expect(
      say({
        ...hot,
        limits: {
          hi: {
            setpoint: 100,
            severity: 'MAJOR',
            deadband: 4,
            onDelayMilliseconds: 2000,
            offDelayMilliseconds: 60_000,
            errorCode: 21,
          },
        },
      }),
    ).toBe(
      'Raises an alert when temperature is at or above 100 °C for 2 seconds (MAJOR with error code 21, clears when back by more than 4 °C for 1 minute).',
    );
    expect(
      say({
        name: 'codes',
        signal: 'code',
        errorCodes: { severity: 'MINOR', severities: { 42: 'CRITICAL' }, offDelayMilliseconds: 5000 },
      }),
    ).toBe(
      'Raises an alert when code holds an error code (any value but 0), of severity MINOR. It clears once that has been over for 5 seconds. Some codes have a severity of their own: 42 CRITICAL.',
    );
    expect(weekdaysText(['SUN', 'MON', 'TUE'], 'en')).toBe('Mon, Tue, Sun');
  });

  test('is there in every language, with every field', () => {
    for (const language of ['en', 'es', 'pt', 'zh-Hant'] as const) {
      for (const rule of rules) expect(say(rule, language)).not.toMatch(/undefined|\{\{/);
    }
  });
});

describe('a mistake in a rule', () => {
  const rule = (parts: Partial<AlertRule>): AlertRule => ({
    name: 'r',
    signal: 'temperature',
    stale: { afterMilliseconds: 1000, severity: 'MAJOR' },
    ...parts,
  });
  const told = (parts: Partial<AlertRule>, language: Language) =>
    mistakesOf(rule(parts), [rule(parts)], ['temperature']).map((mistake) =>
      ruleMistakeText(mistake, speak(language)),
    );

  test('is told in the language of the page, with its values', () => {
    const unknown = { inhibitWhen: { formula: 'speed > 2' } };
    expect(told(unknown, 'en')).toEqual(['This rule names the signal speed, which is not there.']);
    expect(told(unknown, 'es')).toEqual(['Esta regla nombra la señal speed, que no existe.']);
    expect(told({ expression: { formula: 'temperature = 1', severity: 'MINOR' } }, 'pt')).toEqual([
      'Na fórmula, no caractere 13: compare com ==, não com =.',
    ]);
    expect(told({ expression: { formula: 'temperature + 1', severity: 'MINOR' } }, 'zh-Hant')).toEqual([
      '公式的結果是數字，而不是真或假；請與某個值比較。',
    ]);
    const limits = {
      hi: { setpoint: 5, severity: 'MAJOR' },
      lo: { setpoint: 5, severity: 'MAJOR' },
    } as const;
    expect(told({ limits }, 'en')).toEqual(['This setpoint must be above that of LO, 5.']);
    const both = {
      window: { aggregate: 'mean', milliseconds: 1000 },
      deviation: { from: 'temperature' },
    } as const;
    expect(told({ limits: { hi: limits.hi }, ...both }, 'en')[0]).toBe(
      'A rule compares its limits with one number; this one has also: Difference of two signals.',
    );
  });

  test('that this page has no words for is told in those of the door', () => {
    const mistake = { code: 'of-tomorrow', values: {}, message: 'is of tomorrow' };
    expect(ruleMistakeText(mistake, speak('es'))).toBe('Esta regla: is of tomorrow.');
  });

  test('has a code, and the values that the words of the door are filled in with', () => {
    const named = rule({ inhibitWhen: { rule: 'gone' } });
    expect(ruleMistakes(named, [named])).toEqual([
      {
        path: ['inhibitWhen', 'rule'],
        code: 'unknown-rule',
        values: { rule: 'gone' },
        message: 'names the rule gone, which the device has not',
      },
    ]);
  });
});
