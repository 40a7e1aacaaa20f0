import { describe, expect, test } from 'vitest';
import type { AlertRule } from '../../cloud/console/src/api/alert-rule.ts';
import type { DeviceCategory } from '../../cloud/console/src/api/types.ts';
import { rulesEn } from '../../cloud/console/src/i18n/rules.ts';
import { toDraft, toNewCategory, withDraft } from '../../cloud/console/src/pages/category-draft.ts';
import {
  kindsOf,
  mistakesOf,
  newRule,
  newRuleKinds,
  ruleDrafts,
} from '../../cloud/console/src/pages/rule-draft.ts';
import { alertRuleSentence } from '../../cloud/console/src/pages/rule-sentence.ts';
import { emptySignal, withErrorCode, withSetpoint } from '../../cloud/console/src/pages/signal-draft.ts';

const hi = {
  setpoint: 100,
  deadband: 4,
  onDelayMilliseconds: 2000,
  severity: 'MINOR',
  errorCode: 21,
} as const;
const category: DeviceCategory = {
  id: 'press',
  name: 'Press',
  signals: [{ name: 'temperature', unit: 'Cel' }, { name: 'errorCode' }],
  rules: [
    { name: 'codes', signal: 'errorCode' },
    { name: 'hot', signal: 'temperature', limits: { hi } },
  ],
  commands: [],
  escalationPolicy: { rules: [{ when: {}, remedies: [], otherwise: 'case' }] },
  version: 3,
};

test('a category that is opened and saved is what it was', () => {
  const { id: _id, version: _version, ...written } = category;
  const saved = withDraft(category, toDraft(category));
  expect({ ...saved, rules: [...saved.rules].reverse() }).toEqual(written);
});

test('an edit of a limit keeps its delay and severity, and a limit that is emptied goes', () => {
  const draft = toDraft(category);
  const [temperature, ...rest] = draft.signals;
  if (temperature === undefined) throw new Error('no row');
  const edited = withDraft(category, {
    ...draft,
    signals: [withErrorCode(withSetpoint(withSetpoint(temperature, 'hi', 95), 'hihi', 120), 22), ...rest],
  });
  expect(edited.rules[0]).toMatchObject({
    name: 'hot',
    limits: {
      hi: { ...hi, setpoint: 95, errorCode: 22 },
      hihi: { setpoint: 120, deadband: 0.5, severity: 'CRITICAL', errorCode: 22 },
    },
  });
  const emptied = withDraft(category, { ...draft, signals: [withSetpoint(temperature, 'hi', ''), ...rest] });
  expect(emptied.rules.map(({ name }) => name)).toEqual(['codes']);
});

describe('rules that are no limits of a value', () => {
  const silent: AlertRule = {
    name: 'silent',
    signal: 'temperature',
    stale: { afterMilliseconds: 300_000, severity: 'MAJOR', errorCode: 30 },
  };
  const both: AlertRule = { ...silent, name: 'hot', limits: { hi } };
  const keptSchedule = { timeZone: 'UTC', periods: [{ days: ['MON' as const], from: '06:00', to: '22:00' }] };

  /** As the console writes it in English. */
  const t = (key: string, values: Record<string, unknown> = {}): string => {
    let words: unknown = { rules: rulesEn };
    for (const step of key.split('.')) words = Reflect.get(Object(words), step);
    return String(words).replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  };
  const say = (rule: AlertRule) => alertRuleSentence(rule, { t, language: 'en', unit: '°C' });

  test('are added, edited and removed, and what the form has no place for stays', () => {
    const rules = [...category.rules, { ...silent, schedule: keptSchedule }];
    const draft = toDraft({ ...category, rules });
    const edited = draft.rules.map((card) =>
      card.rule.stale === undefined
        ? card
        : { ...card, rule: { ...card.rule, stale: { ...card.rule.stale, alsoIfNeverHeard: true } } },
    );
    const stuck = newRule('stuck', 'temperature', 7);
    const saved = withDraft(category, { ...draft, rules: [...edited, stuck, { ...stuck, key: 8 }] });
    expect(saved.rules.slice(2)).toEqual([
      { ...silent, schedule: keptSchedule, stale: { ...silent.stale, alsoIfNeverHeard: true } },
      { ...stuck.rule, name: 'temperature-stuck' },
      { ...stuck.rule, name: 'temperature-stuck-2' },
    ]);
    const without = withDraft(category, { ...draft, rules: draft.rules.filter(({ rule }) => !rule.stale) });
    expect(without.rules.map(({ name }) => name)).toEqual(['hot', 'codes']);
  });

  test('follow their signal when it is renamed, and outlive the limits that stood beside them', () => {
    const draft = toDraft({ ...category, rules: [both, { ...silent, name: 'quiet' }] });
    const rows = draft.signals.map((row) =>
      row.of === 'temperature' ? { ...withSetpoint(row, 'hi', ''), name: 'oil' } : row,
    );
    const saved = withDraft(category, { ...draft, signals: rows });
    expect(saved.rules).toEqual([
      { ...silent, name: 'hot', signal: 'oil' },
      { ...silent, name: 'quiet', signal: 'oil' },
    ]);
    expect(draft.rules.map(({ rule }) => kindsOf(rule))).toEqual([['stale']]);
    expect(draft.signals.map(({ rule }) => kindsOf(rule))).toEqual([['limits', 'stale'], []]);
  });

  test('come with a new category, too', () => {
    const draft = {
      ...toDraft({ ...category, signals: [], rules: [] }),
      rules: [newRule('stale', 'oil', 0)],
    };
    const row = { ...emptySignal(0), name: 'oil' };
    const created = toNewCategory({
      ...draft,
      signals: [withSetpoint(withSetpoint(row, 'hi', 90), 'lo', 40)],
    });
    const limit = { deadband: 1, severity: 'MAJOR', errorCode: 11 };
    expect(created.rules[0]?.limits).toEqual({
      hi: { ...limit, setpoint: 90 },
      lo: { ...limit, setpoint: 40 },
    });
    expect(created.rules.map(({ name }) => name)).toEqual(['oil', 'oil-stale']);
  });

  test('are checked as the cloud checks them, but for what is not typed yet', () => {
    for (const kind of newRuleKinds) {
      expect([kind, mistakesOf(newRule(kind, 'temperature', 0).rule, [], ['temperature'])]).toEqual([
        kind,
        [],
      ]);
    }
    const formula = (text: string) =>
      mistakesOf(
        { name: 'x', signal: 'temperature', expression: { formula: text, severity: 'MINOR' } },
        [],
        ['temperature'],
      );
    expect(formula('temperature > 20')).toEqual([]);
    expect(formula('speed > 20')).toMatchObject([
      { path: ['expression', 'formula'], code: 'unknown-signal' },
    ]);
    expect(formula('temperature + 1')[0]?.message).toContain('not true or false');
    expect(formula('temperature >')).toHaveLength(1);
  });

  test('say in plain words what they will do', () => {
    expect(say(silent)).toBe(
      'Raises an alert when no good value of temperature was heard for 5 minutes, of severity MAJOR with error code 30. A signal that was never heard raises nothing.',
    );
    const never = { ...silent, latched: true, stale: { ...silent.stale, alsoIfNeverHeard: true } as const };
    expect(say({ ...never, stale: { ...never.stale, afterMilliseconds: 90_000, severity: 'MINOR' } })).toBe(
      'Raises an alert when no good value of temperature was heard for 90 seconds, of severity MINOR with error code 30. A signal that was never heard raises it too, counted from when the gateway first listens. It stays raised until somebody resets it.',
    );
    const rate = newRule('rateOfChange', 'temperature', 0).rule;
    expect(
      say({
        ...rate,
        limits: { hi: { setpoint: 2, severity: 'MAJOR' }, lolo: { setpoint: -5, severity: 'CRITICAL' } },
      }),
    ).toBe(
      'Raises an alert when the change of temperature, measured over 5 minutes, is at or above 2 °C/min (MAJOR) or at or below -5 °C/min (CRITICAL).',
    );
    expect(say(newRule('window', 'temperature', 0).rule)).toBe(
      'Raises an alert when the mean of temperature over the last 10 minutes is at or above … °C (MAJOR).',
    );
    expect(
      say({
        name: 'x',
        signal: 'temperature',
        badQuality: { severity: 'MINOR', onDelayMilliseconds: 30_000 },
      }),
    ).toBe(
      'Raises an alert when values of temperature come but are of bad quality for 30 seconds, of severity MINOR.',
    );
    expect(ruleDrafts([both], ['temperature'])).toEqual([]);
    expect(say(both)).toBe(
      `Raises an alert when temperature is at or above 100 °C for 2 seconds (MINOR with error code 21, clears when back by more than 4 °C). ${say(silent)}`,
    );
  });
});
