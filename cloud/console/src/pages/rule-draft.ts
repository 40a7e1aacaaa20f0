import { ruleMistakes } from '@andon/shared/alert-rules/rule-mistakes';
import type { AlertRule } from '../api/alert-rule.ts';
import { hasLimitsOfTheValue } from '../components/rules.ts';

/** A number that is not typed yet; the form asks for it before it is sent. */
export const untyped = Number.NaN;

export interface RuleDraft {
  /** Stays with the card while it is edited. */
  key: number;
  /** Its name can still be chosen; without one it is called after its signal and kind. */
  isNew: boolean;
  /** Its limits stand in the table of signals. */
  isOfRow: boolean;
  rule: AlertRule;
}

/** Conditions that are no limits. */
export const conditionKinds = ['stale', 'stuck', 'badQuality', 'errorCodes', 'expression'] as const;
export type ConditionKind = (typeof conditionKinds)[number];
/** What limits are compared with, where it is not the value. */
export const measureKinds = ['rateOfChange', 'deviation', 'window', 'calculation'] as const;
export type MeasureKind = (typeof measureKinds)[number];
/** What a card of the form may be of. */
export type RuleKind = ConditionKind | MeasureKind | 'limits';

export const newRuleKinds: readonly RuleKind[] = [...conditionKinds, ...measureKinds];

/** What a card shows of a rule; nothing where the table of signals shows all of it. */
export function kindsOf({ rule, isOfRow }: Pick<RuleDraft, 'rule' | 'isOfRow'>): RuleKind[] {
  const measure: RuleKind = measureKinds.find((kind) => rule[kind] !== undefined) ?? 'limits';
  return [
    ...(rule.limits !== undefined && !isOfRow ? [measure] : []),
    ...conditionKinds.filter((kind) => rule[kind] !== undefined),
  ];
}

const hi = () => ({ hi: { setpoint: untyped, severity: 'MAJOR' as const } });
const contentOf: Record<RuleKind, () => Partial<AlertRule>> = {
  stale: () => ({ stale: { afterMilliseconds: 300_000, severity: 'MAJOR' } }),
  stuck: () => ({ stuck: { epsilon: 0, forMilliseconds: 600_000, severity: 'WARNING' } }),
  badQuality: () => ({ badQuality: { onDelayMilliseconds: 60_000, severity: 'MINOR' } }),
  errorCodes: () => ({ errorCodes: { severity: 'MAJOR' } }),
  expression: () => ({ expression: { formula: '', severity: 'MAJOR' } }),
  rateOfChange: () => ({
    rateOfChange: { perMilliseconds: 60_000, windowMilliseconds: 300_000 },
    limits: hi(),
  }),
  deviation: () => ({ deviation: { from: '' }, limits: hi() }),
  window: () => ({ window: { aggregate: 'mean', milliseconds: 600_000 }, limits: hi() }),
  calculation: () => ({ calculation: { formula: '' }, limits: hi() }),
  limits: () => ({ limits: hi() }),
};

export function newRule(kind: RuleKind, signal: string, key: number): RuleDraft {
  return { key, isNew: true, isOfRow: false, rule: { name: '', signal, ...contentOf[kind]() } };
}

/** The rule of a signal that a row of the table stands for: the first that has limits of its value. */
export function ruleOfRow(rules: readonly AlertRule[], signal: string | undefined): AlertRule | undefined {
  return rules.find((rule) => rule.signal === signal && hasLimitsOfTheValue(rule));
}

export function ruleDrafts(rules: readonly AlertRule[], signals: readonly string[]): RuleDraft[] {
  const ofRows = new Set(signals.map((signal) => ruleOfRow(rules, signal)));
  return rules.map((rule, key) => ({ key, isNew: false, isOfRow: ofRows.has(rule), rule }));
}

/** A name as an identifier: `Tray press` becomes `tray-press`. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

/** Gives a name to the rules that have none yet: their signal and kind, with a number where that is taken. */
export function namedRules(drafts: readonly RuleDraft[], others: readonly AlertRule[] = []): AlertRule[] {
  const taken = new Set([...drafts.map(({ rule }) => rule), ...others].map(({ name }) => name));
  return drafts.map((draft) => {
    if (draft.rule.name !== '') return draft.rule;
    const stem = slugOf(`${draft.rule.signal.slice(0, 40)}-${kindsOf(draft)[0] ?? 'rule'}`);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return { ...draft.rule, name };
  });
}

/** What the cloud would refuse in a rule, found before it is sent; `path` leads to the field. */
export function mistakesOf(
  rule: AlertRule,
  siblings: readonly AlertRule[],
  signals: readonly string[],
): { path: string; message: string }[] {
  const known = new Set(signals);
  // What is not typed yet is asked for by the form.
  return ruleMistakes({ ...rule, name: rule.name || '-' }, siblings, known)
    .filter(({ path }) => !isEmpty(rule, path))
    .map(({ path, message }) => ({ path: path.join('.'), message }));
}

function isEmpty(rule: AlertRule, path: readonly (string | number)[]): boolean {
  let value: unknown = rule;
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  }
  return value === '';
}
