import { isDeepStrictEqual } from 'node:util';
import { ruleMistakes } from '@andon/shared/alert-rules';
import { commandRuleMistakes } from '@andon/shared/command-rules';
import type { AlertRule, CommandRule, Limit, SignalDefinition } from '@andon/shared/contracts';
import type { CategoryEdit, CommandDefinition, RuleInput } from './category-schemas.ts';
import { checkPolicy } from './check-policy.ts';
import { hasPlainParameter, parameterMistake } from './command-parameter.ts';
import { checkCommandParameters } from './command-parameters.ts';
import { senseless } from './senseless.ts';

/** The sense of a category beyond the form of its parts; throws 422 with the field that makes none. */
export function checkCategory(category: CategoryEdit): void {
  refuseRepeated(category.signals, 'signals');
  refuseRepeated(category.rules, 'rules');
  refuseRepeated(category.commands, 'commands');
  for (const [index, signal] of category.signals.entries()) {
    refuseTurnedAround(signal, `signals.${index}.maximum`);
  }
  for (const [index, command] of category.commands.entries()) {
    const mistake = parameterMistake(command.parameters);
    if (mistake !== undefined) {
      throw senseless(`commands.${index}.parameters${mistake.path}`, mistake.message);
    }
  }
  const signals = new Map(category.signals.map((signal) => [signal.name, signal]));
  for (const [index, rule] of category.rules.entries()) {
    checkRule(rule, signals.get(rule.signal), `rules.${index}`);
    const [mistake] = ruleMistakes(rule, category.rules, new Set(signals.keys()));
    if (mistake !== undefined) {
      throw senseless(
        ['rules', index, ...(mistake.path.length === 0 ? ['limits'] : mistake.path)].join('.'),
        `The rule ${rule.name} ${mistake.message}.`,
        { ruleMistake: { rule: rule.name, code: mistake.code, values: mistake.values } },
      );
    }
  }
  for (const [index, command] of category.commands.entries()) {
    const [mistake] = commandRuleMistakes(commandRuleOf(command), new Set(signals.keys()));
    if (mistake !== undefined) {
      const field = ['commands', index, ...mistake.path].join('.');
      throw senseless(field, `The command ${command.name}: it ${mistake.message}.`);
    }
    checkRoutineParameters(command, `commands.${index}.routine`);
  }
  checkPolicy(category, checkCommandParameters);
}

/** What a gateway must know of a command. */
export function commandRuleOf({ name, precondition, interlock, routine }: CommandDefinition): CommandRule {
  return {
    name,
    ...(precondition === undefined ? {} : { precondition }),
    ...(interlock === undefined ? {} : { interlock }),
    ...(routine === undefined ? {} : { routine }),
  };
}

function checkRoutineParameters({ name, routine, parameters }: CommandDefinition, path: string): void {
  for (const [index, step] of (routine ?? []).entries()) {
    if ('parameter' in step && !hasPlainParameter(parameters, step.parameter)) {
      throw senseless(
        `${path}.${index}.parameter`,
        `The command ${name} has no parameter ${step.parameter}.`,
      );
    }
  }
}

function checkRule(rule: RuleInput, signal: SignalDefinition | undefined, path: string): void {
  if (signal === undefined) {
    throw senseless(`${path}.signal`, `The category has no signal ${rule.signal}.`);
  }
  const comparesTheValue = rule.limits !== undefined && rule.calculation === undefined;
  if (
    comparesTheValue &&
    rule.window?.aggregate !== 'count' &&
    signal.type !== undefined &&
    signal.type !== 'number'
  ) {
    throw senseless(`${path}.limits`, `The signal ${signal.name} is no number, so it has no limits.`);
  }
  const { lolo, lo, hi, hihi } = rule.limits ?? {};
  const rising: [string, Limit | undefined][] = [
    ['lolo', lolo],
    ['lo', lo],
    ['hi', hi],
    ['hihi', hihi],
  ];
  let below = Number.NEGATIVE_INFINITY;
  for (const [name, limit] of rising) {
    if (limit !== undefined && limit.setpoint < below) {
      throw senseless(`${path}.limits.${name}.setpoint`, 'Setpoints rise from LOLO over LO and HI to HIHI.');
    }
    below = limit?.setpoint ?? below;
  }
}

function refuseRepeated(items: readonly { name: string }[], path: string): void {
  const seen = new Set<string>();
  for (const [index, { name }] of items.entries()) {
    if (seen.has(name)) {
      throw senseless(`${path}.${index}.name`, `The name ${name} stands here twice.`);
    }
    seen.add(name);
  }
}

function refuseTurnedAround(
  range: { minimum?: number | undefined; maximum?: number | undefined },
  field: string,
): void {
  if (range.minimum !== undefined && range.maximum !== undefined && range.minimum > range.maximum) {
    throw senseless(field, 'The maximum lies below the minimum.');
  }
}

/**
 * Gives each rule its version: the former one where nothing in it changed, else one more than its name ever had.
 * `lastVersions` is by rule name and also knows rules that are gone.
 */
export function numberRules(
  rules: readonly RuleInput[],
  former: readonly AlertRule[],
  lastVersions: Readonly<Record<string, number>>,
): { rules: AlertRule[]; lastVersions: Record<string, number> } {
  const formerByName = new Map(former.map((rule) => [rule.name, rule]));
  const versions = new Map(Object.entries(lastVersions));
  const numbered = rules.map((rule): AlertRule => {
    const before = formerByName.get(rule.name);
    if (before !== undefined && isDeepStrictEqual({ ...rule, version: before.version }, before)) {
      return before;
    }
    const version = (versions.get(rule.name) ?? 0) + 1;
    versions.set(rule.name, version);
    return { ...rule, version };
  });
  return { rules: numbered, lastVersions: Object.fromEntries(versions) };
}
