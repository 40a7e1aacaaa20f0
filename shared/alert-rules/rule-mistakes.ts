import type { AlertRule } from '@andon/shared/contracts';
import {
  type Formula,
  FormulaError,
  type FormulaMistakeCode,
  filledIn,
  type MistakeValues,
  parseFormula,
} from './formula/index.ts';
import { isTimeZone } from './schedule.ts';

/** What may make no sense in a rule, in words that follow its name; `{{names}}` are filled in. */
const wording = {
  'says-nothing': 'says nothing: it needs limits, expression, errorCodes, stuck, badQuality or stale',
  'two-measures': 'cannot stand beside {{other}}: limits are compared with one number',
  'measure-without-limits': 'needs limits to be compared with',
  'deviation-from-itself': 'is the signal itself',
  'unknown-signal': 'names the signal {{signal}}, which is not there',
  'unknown-rule': 'names the rule {{rule}}, which the device has not',
  'no-time-zone': '{{timeZone}} is no time zone, such as Europe/Berlin',
  'rules-in-a-circle': 'the rules wait for each other: {{way}}',
  'no-number': 'gives a {{type}}, and limits need a number',
  'no-condition': 'gives a {{type}} and not true or false; compare it with something',
  'setpoint-order': 'must be above that of {{lower}}, {{setpoint}}',
} as const;

type SenseMistakeCode = keyof typeof wording;
/** Stable, for programs and translations. */
export type RuleMistakeCode = SenseMistakeCode | FormulaMistakeCode;
export type { FormulaMistakeCode, MistakeValues, SenseMistakeCode };

/** What makes no sense in a rule though its form is right; `path` leads to it inside the rule. */
export interface RuleMistake {
  readonly path: readonly (string | number)[];
  readonly code: RuleMistakeCode;
  /** What the words of any language are filled in with; of a formula with its `position`, from 1. */
  readonly values: MistakeValues;
  /** In English, following the name of the rule. */
  readonly message: string;
}

/** A rule as it is written: the version comes later. */
type WrittenRule = Omit<AlertRule, 'version'>;

const measureKeys = ['rateOfChange', 'deviation', 'window', 'calculation'] as const;
const conditionKeys = ['limits', 'expression', 'errorCodes', 'stuck', 'badQuality', 'stale'] as const;

/**
 * Everything in a rule that no schema can say. `siblings` are all rules of the device, this one among them; `signals`
 * those that it has, where that is known.
 */
export function ruleMistakes(
  rule: WrittenRule,
  siblings: readonly WrittenRule[],
  signals?: ReadonlySet<string>,
): RuleMistake[] {
  const mistakes: RuleMistake[] = [];
  const tell: Tell = (path, code, values = {}) =>
    mistakes.push({ path, code, values, message: filledIn(wording[code], values) });
  if (conditionKeys.every((key) => rule[key] === undefined)) tell([], 'says-nothing');
  checkMeasure(rule, tell);
  checkSetpoints(rule, tell);
  for (const { path, error } of unreadFormulas(rule)) {
    const { mistake, values, position, message } = error;
    mistakes.push({ path, code: mistake, values: { ...values, position }, message });
  }
  checkFormulas(rule, siblings, signals, tell);
  if (rule.deviation !== undefined && signals?.has(rule.deviation.from) === false) {
    tell(['deviation', 'from'], 'unknown-signal', { signal: rule.deviation.from });
  }
  if (rule.schedule !== undefined && !isTimeZone(rule.schedule.timeZone)) {
    tell(['schedule', 'timeZone'], 'no-time-zone', { timeZone: rule.schedule.timeZone });
  }
  const cycle = cycleOf(rule, siblings);
  if (cycle !== undefined) {
    tell(['inhibitWhen'], 'rules-in-a-circle', { way: cycle.join(' looks at ') });
  }
  return mistakes;
}

type Tell = (path: readonly (string | number)[], code: SenseMistakeCode, values?: MistakeValues) => void;

function checkMeasure(rule: WrittenRule, tell: Tell): void {
  const measures = measureKeys.filter((key) => rule[key] !== undefined);
  const [first, second] = measures;
  if (first !== undefined && second !== undefined) {
    tell([second], 'two-measures', { other: first });
  }
  if (first !== undefined && rule.limits === undefined) tell([first], 'measure-without-limits');
  if (rule.deviation?.from === rule.signal) tell(['deviation', 'from'], 'deviation-from-itself');
}

/** Setpoints rise from LOLO over LO and HI to HIHI. */
function checkSetpoints({ limits }: WrittenRule, tell: Tell): void {
  let lower: { name: string; setpoint: number } | undefined;
  for (const name of ['lolo', 'lo', 'hi', 'hihi'] as const) {
    const setpoint = limits?.[name]?.setpoint;
    if (setpoint === undefined) continue;
    if (lower !== undefined && setpoint <= lower.setpoint) {
      tell(['limits', name, 'setpoint'], 'setpoint-order', { lower: lower.name, setpoint: lower.setpoint });
    }
    lower = { name, setpoint };
  }
}

function checkFormulas(
  rule: WrittenRule,
  siblings: readonly WrittenRule[],
  signals: ReadonlySet<string> | undefined,
  tell: Tell,
): void {
  const calculation = parsed(rule.calculation?.formula);
  tellUnknownSignals(calculation, ['calculation', 'formula'], signals, tell);
  if (calculation !== undefined && ['boolean', 'text'].includes(calculation.root.type)) {
    tell(['calculation', 'formula'], 'no-number', { type: calculation.root.type });
  }
  const conditions = [
    [rule.expression?.formula, 'expression'],
    [rule.inhibitWhen?.formula, 'inhibitWhen'],
  ] as const;
  for (const [text, key] of conditions) {
    const formula = parsed(text);
    tellUnknownSignals(formula, [key, 'formula'], signals, tell);
    if (formula !== undefined && ['number', 'text'].includes(formula.root.type)) {
      tell([key, 'formula'], 'no-condition', { type: formula.root.type });
    }
  }
  const names = new Set(siblings.map(({ name }) => name));
  for (const { path, rule: other } of rulesLookedAt(rule)) {
    if (!names.has(other)) tell(path, 'unknown-rule', { rule: other });
  }
}

function tellUnknownSignals(
  formula: Formula | undefined,
  path: readonly string[],
  signals: ReadonlySet<string> | undefined,
  tell: Tell,
): void {
  for (const name of formula?.signals ?? []) {
    if (signals?.has(name) === false) tell(path, 'unknown-signal', { signal: name });
  }
}

/** A formula, or its first mistake. */
function read(text: string): Formula | FormulaError {
  try {
    return parseFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    return error;
  }
}

/** Undefined where there is none, or none that can be read. */
function parsed(text: string | undefined): Formula | undefined {
  const formula = text === undefined ? undefined : read(text);
  return formula instanceof FormulaError ? undefined : formula;
}

function unreadFormulas(rule: WrittenRule): { path: readonly string[]; error: FormulaError }[] {
  return (['calculation', 'expression', 'inhibitWhen'] as const).flatMap((key) => {
    const text = rule[key]?.formula;
    const error = text === undefined ? undefined : read(text);
    return error instanceof FormulaError ? [{ path: [key, 'formula'], error }] : [];
  });
}

/** The rules that a rule looks at, with where it says so. What cannot be parsed looks at none. */
function rulesLookedAt(rule: WrittenRule): { path: readonly string[]; rule: string }[] {
  const looked: { path: readonly string[]; rule: string }[] = [];
  const { inhibitWhen } = rule;
  if (inhibitWhen?.rule !== undefined) looked.push({ path: ['inhibitWhen', 'rule'], rule: inhibitWhen.rule });
  const formulas = [
    [rule.calculation?.formula, 'calculation'],
    [rule.expression?.formula, 'expression'],
    [inhibitWhen?.formula, 'inhibitWhen'],
  ] as const;
  for (const [text, key] of formulas) {
    const formula = parsed(text);
    for (const name of formula?.rules ?? []) looked.push({ path: [key, 'formula'], rule: name });
  }
  return looked;
}

/** The way on which a rule looks at itself in the end; undefined where there is none. */
function cycleOf(rule: WrittenRule, siblings: readonly WrittenRule[]): string[] | undefined {
  const byName = new Map(siblings.map((sibling) => [sibling.name, sibling]));
  const visited = new Set<string>();
  const walk = (current: WrittenRule, way: readonly string[]): string[] | undefined => {
    for (const { rule: name } of rulesLookedAt(current)) {
      if (name === rule.name) return [...way, name];
      const next = byName.get(name);
      if (next === undefined || visited.has(name)) continue;
      visited.add(name);
      const found = walk(next, [...way, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(rule, [rule.name]);
}
