import type { AlertRule } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel/errors';
import { type Formula, parseFormula } from './formula/index.ts';
import { isTimeZone } from './schedule.ts';

/** What makes no sense in a rule though its form is right; `path` leads to it inside the rule. */
export interface RuleMistake {
  readonly path: readonly (string | number)[];
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
  const tell = (path: readonly (string | number)[], message: string) => mistakes.push({ path, message });
  if (conditionKeys.every((key) => rule[key] === undefined)) {
    tell([], `says nothing: it needs ${conditionKeys.slice(0, -1).join(', ')} or stale`);
  }
  checkMeasure(rule, tell);
  checkFormulas(rule, siblings, signals, tell);
  if (rule.deviation !== undefined && signals?.has(rule.deviation.from) === false) {
    tell(['deviation', 'from'], `names the signal ${rule.deviation.from}, which is not there`);
  }
  if (rule.schedule !== undefined && !isTimeZone(rule.schedule.timeZone)) {
    tell(['schedule', 'timeZone'], `${rule.schedule.timeZone} is no time zone, such as Europe/Berlin`);
  }
  const cycle = cycleOf(rule, siblings);
  if (cycle !== undefined) {
    tell(['inhibitWhen'], `the rules wait for each other: ${cycle.join(' looks at ')}`);
  }
  return mistakes;
}

type Tell = (path: readonly (string | number)[], message: string) => void;

function checkMeasure(rule: WrittenRule, tell: Tell): void {
  const measures = measureKeys.filter((key) => rule[key] !== undefined);
  const [first, second] = measures;
  if (first !== undefined && second !== undefined) {
    tell([second], `cannot stand beside ${first}: limits are compared with one number`);
  }
  if (first !== undefined && rule.limits === undefined) tell([first], 'needs limits to be compared with');
  if (rule.deviation?.from === rule.signal) tell(['deviation', 'from'], 'is the signal itself');
}

function checkFormulas(
  rule: WrittenRule,
  siblings: readonly WrittenRule[],
  signals: ReadonlySet<string> | undefined,
  tell: Tell,
): void {
  const calculation = parsed(rule.calculation?.formula, ['calculation', 'formula'], tell);
  tellUnknownSignals(calculation, ['calculation', 'formula'], signals, tell);
  if (calculation !== undefined && ['boolean', 'text'].includes(calculation.root.type)) {
    tell(['calculation', 'formula'], `gives a ${calculation.root.type}, and limits need a number`);
  }
  const conditions = [
    [rule.expression?.formula, 'expression'],
    [rule.inhibitWhen?.formula, 'inhibitWhen'],
  ] as const;
  for (const [text, key] of conditions) {
    const formula = parsed(text, [key, 'formula'], tell);
    tellUnknownSignals(formula, [key, 'formula'], signals, tell);
    if (formula !== undefined && ['number', 'text'].includes(formula.root.type)) {
      tell([key, 'formula'], `gives a ${formula.root.type} and not true or false; compare it with something`);
    }
  }
  const names = new Set(siblings.map(({ name }) => name));
  for (const { path, rule: other } of rulesLookedAt(rule)) {
    if (!names.has(other)) tell(path, `names the rule ${other}, which the device has not`);
  }
}

function tellUnknownSignals(
  formula: Formula | undefined,
  path: readonly string[],
  signals: ReadonlySet<string> | undefined,
  tell: Tell,
): void {
  for (const name of formula?.signals ?? []) {
    if (signals?.has(name) === false) tell(path, `names the signal ${name}, which is not there`);
  }
}

function parsed(text: string | undefined, path: readonly string[], tell: Tell): Formula | undefined {
  if (text === undefined) return undefined;
  try {
    return parseFormula(text);
  } catch (error) {
    if (!(error instanceof AndonError)) throw error;
    tell(path, error.message);
    return undefined;
  }
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
    const formula = parsed(text, [], () => undefined);
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
