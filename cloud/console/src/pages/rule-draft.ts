import { type RuleMistake, ruleMistakes } from '@andon/shared/alert-rules/rule-mistakes';
import {
  type AlertRule,
  type Limit,
  type LimitName,
  type Limits,
  severityOfLimit,
} from '../api/alert-rule.ts';
import { hasLimitsOfTheValue } from '../components/rules.ts';

/** A number that is not typed yet; the form asks for it before it is sent. */
export const untyped = Number.NaN;

export interface RuleDraft {
  /** Stays with the card while it is edited. */
  key: number;
  /** Its name can still be chosen; without one it is called after its signal and kind. */
  isNew: boolean;
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

/** What a rule looks at, in the order of the form. */
export function kindsOf(rule: AlertRule): RuleKind[] {
  const measure: RuleKind = measureKinds.find((kind) => rule[kind] !== undefined) ?? 'limits';
  return [...(rule.limits === undefined ? [] : [measure]), ...conditionsOf(rule)];
}

export const conditionsOf = (rule: AlertRule): ConditionKind[] =>
  conditionKinds.filter((kind) => rule[kind] !== undefined);

export const isCondition = (kind: RuleKind): kind is ConditionKind =>
  conditionKinds.some((condition) => condition === kind);

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
  return { key, isNew: true, rule: { name: '', signal, ...contentOf[kind]() } };
}

/** The rule of a signal that a row of the table stands for: the first that has limits of its value. */
export function ruleOfRow(rules: readonly AlertRule[], signal: string | undefined): AlertRule | undefined {
  return rules.find((rule) => rule.signal === signal && hasLimitsOfTheValue(rule));
}

/** The cards of a category: its rules but those that stand in the rows of signals. */
export function ruleDrafts(rules: readonly AlertRule[], signals: readonly string[]): RuleDraft[] {
  const ofRows = new Set(signals.map((signal) => ruleOfRow(rules, signal)));
  return rules.flatMap((rule, key) => (ofRows.has(rule) ? [] : [{ key, isNew: false, rule }]));
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

/**
 * Gives a name to the rules that have none yet: their signal, and their kind but for the first ones, which stand in
 * rows; with a number where that is taken.
 */
export function namedRules(rules: readonly AlertRule[], rows: number): AlertRule[] {
  const taken = new Set(rules.map(({ name }) => name));
  return rules.map((rule, index) => {
    if (rule.name !== '') return rule;
    const kind = kindsOf(rule)[0] ?? 'rule';
    const stem = slugOf(index < rows ? rule.signal : `${rule.signal.slice(0, 40)}-${kind}`);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return { ...rule, name };
  });
}

/** A setpoint as it is typed. What the limit leads to outlives an emptied field; it goes when the form is saved. */
export function withSetpoint(
  rule: AlertRule,
  name: LimitName,
  value: number | '',
  fresh: Partial<Limit> = {},
): AlertRule {
  const setpoint = value === '' ? untyped : value;
  const limit = { severity: severityOfLimit[name], ...fresh, ...rule.limits?.[name], setpoint };
  return { ...rule, limits: { ...rule.limits, [name]: limit } };
}

export const isTyped = (limit: Limit | undefined): limit is Limit =>
  limit !== undefined && !Number.isNaN(limit.setpoint);

/** So much of the distance between the outermost limits, so that a value at the limit does not flap. */
const deadbandShare = 0.02;

/** The deadband of limits for which none was typed. */
export function deadbandByItself(limits: Limits): number {
  const setpoints = Object.values(limits)
    .filter(isTyped)
    .map(({ setpoint }) => setpoint);
  return (Math.max(...setpoints) - Math.min(...setpoints)) * deadbandShare;
}

/** The limits as they are saved: those that were typed, each with its deadband. */
export function finishedLimits(limits: Limits): Limits {
  const deadband = deadbandByItself(limits);
  return Object.fromEntries(
    Object.entries(limits)
      .filter(([, limit]) => isTyped(limit))
      .map(([name, limit]) => [name, Number.isNaN(limit.deadband) ? { ...limit, deadband } : limit]),
  );
}

/** What the cloud would refuse in a rule, found before it is sent; `path` leads to the field. */
export function mistakesOf(
  rule: AlertRule,
  siblings: readonly AlertRule[],
  signals: readonly string[],
): RuleMistake[] {
  // What is not typed yet is asked for by the form.
  return ruleMistakes({ ...rule, name: rule.name || '-' }, siblings, new Set(signals)).filter(
    ({ path }) => !isEmpty(rule, path),
  );
}

function isEmpty(rule: AlertRule, path: readonly (string | number)[]): boolean {
  let value: unknown = rule;
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  }
  return value === '';
}
