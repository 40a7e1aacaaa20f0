import { type Formula, parseFormula } from '../alert-rules/index.ts';
import type { CommandGuard, CommandRule, RoutineStep } from '../contracts/index.ts';
import { AndonError } from '../kernel/index.ts';

export interface CommandRuleMistake {
  /** From the rule on: `['precondition', 'formula']`. */
  readonly path: readonly (string | number)[];
  /** Follows the name of the rule: `names a signal that the device does not have: pressure`. */
  readonly message: string;
}

/**
 * What makes no sense of it. `signals` are those of the command's device; undefined where they are not known here.
 * Signals of another device are not looked at: it may be registered elsewhere.
 */
export function commandRuleMistakes(
  rule: CommandRule,
  signals: ReadonlySet<string> | undefined,
): CommandRuleMistake[] {
  const mistakes: CommandRuleMistake[] = [];
  const check = (text: string, path: (string | number)[], known: ReadonlySet<string> | undefined): void => {
    mistakes.push(...formulaMistakes(text, known).map((message) => ({ path, message })));
  };
  const checkGuard = (name: 'precondition' | 'interlock', guard: CommandGuard | undefined): void => {
    if (guard !== undefined) {
      check(guard.formula, [name, 'formula'], guard.deviceId === undefined ? signals : undefined);
    }
  };
  checkGuard('precondition', rule.precondition);
  checkGuard('interlock', rule.interlock);
  if (rule.routine !== undefined && (rule.name === 'reboot' || rule.name === 'set-point')) {
    mistakes.push({
      path: ['routine'],
      message: `is no routine: ${rule.name} is proved by the device itself; give the routine a name of its own`,
    });
  }
  for (const [index, step] of (rule.routine ?? []).entries()) {
    const text = untilOf(step);
    if (text !== undefined) {
      check(text, ['routine', index, 'until'], signals);
    }
  }
  return mistakes;
}

const untilOf = (step: RoutineStep): string | undefined => ('until' in step ? step.until : undefined);

function formulaMistakes(text: string, signals: ReadonlySet<string> | undefined): string[] {
  let formula: Formula;
  try {
    formula = parseFormula(text);
  } catch (error) {
    if (error instanceof AndonError) {
      return [`cannot be read: ${error.message}`];
    }
    throw error;
  }
  const unknown = signals === undefined ? [] : formula.signals.filter((name) => !signals.has(name));
  return [
    ...(formula.root.type === 'number' || formula.root.type === 'text'
      ? [`gives a ${formula.root.type} and not true or false; compare it with something`]
      : []),
    ...unknown.map((name) => `names a signal that the device does not have: ${name}`),
    ...(formula.rules.length === 0 ? [] : ['asks for an alert; a command looks at signals alone']),
  ];
}
