import type { AlertRule } from '@andon/shared/contracts';
import { type Formula, parseFormula, truthOf } from './formula/index.ts';
import { inputNumber, type Memory, rateOf, surroundingsOf, windowValue } from './memory.ts';
import { compileSchedule, type OpenHours } from './schedule.ts';
import { numberOf } from './values.ts';

/** Sixty steps to a window: what it gathers is bounded, and so is what a restart may cost. */
const bucketsOfWindow = 60;

/** What a rule does beyond comparing its own reading. */
export interface Plan {
  /** The signals of the device that it looks at; its own first. */
  readonly signals: readonly string[];
  /** The rules of the device that it looks at. */
  readonly rules: readonly string[];
  /** The window over which it gathers, 0 for none. */
  readonly windowMilliseconds: number;
  readonly bucketMilliseconds: number;
  /** The window counts readings, whatever they hold. */
  readonly countsValues: boolean;
  readonly stuck: AlertRule['stuck'];
  /** The number that the limits are compared with; NaN where it is unknown. */
  readonly measure: (memory: Memory) => number;
  /** Is all known that the measure is made of? A calculation may have a result without. */
  readonly isMeasureKnown: (memory: Memory) => boolean;
  /** The unit of the measure, where it is not the signal's; empty for none. */
  readonly unit: ((unit: string | undefined) => string | undefined) | undefined;
  /** The truth of the expression; undefined where it is unknown. */
  readonly truth: ((memory: Memory) => boolean | undefined) | undefined;
  /** Must nothing be raised now? What is unknown does not inhibit. */
  readonly isInhibited: ((memory: Memory) => boolean) | undefined;
  readonly isOpenAt: OpenHours | undefined;
  readonly isLatched: boolean;
}

function needsPlan(rule: AlertRule): boolean {
  return (
    [rule.rateOfChange, rule.deviation, rule.window, rule.calculation, rule.expression].some(Boolean) ||
    [rule.stuck, rule.badQuality, rule.schedule, rule.latched, rule.inhibitWhen].some(Boolean)
  );
}

/** Null where the rule needs none: it then costs no memory, and a quiet reading a few comparisons. */
export function compilePlan(rule: AlertRule): Plan | null {
  if (!needsPlan(rule)) return null;
  const { rateOfChange, window, deviation, schedule } = rule;
  const calculation = parsed(rule.calculation?.formula);
  const expression = parsed(rule.expression?.formula);
  const inhibition = parsed(rule.inhibitWhen?.formula);
  const formulas = [calculation, expression, inhibition].filter((formula) => formula !== undefined);
  const inhibitingRule = rule.inhibitWhen?.rule;
  const windowMilliseconds = rateOfChange?.windowMilliseconds ?? window?.milliseconds ?? 0;
  return {
    signals: distinct([
      rule.signal,
      ...(deviation === undefined ? [] : [deviation.from]),
      ...formulas.flatMap(({ signals }) => signals),
    ]),
    rules: distinct([
      ...formulas.flatMap(({ rules }) => rules),
      ...(inhibitingRule === undefined ? [] : [inhibitingRule]),
    ]),
    windowMilliseconds,
    bucketMilliseconds: Math.max(1, Math.ceil(windowMilliseconds / bucketsOfWindow)),
    countsValues: window?.aggregate === 'count',
    stuck: rule.stuck,
    measure: measureOf(rule, calculation),
    isMeasureKnown: knowledgeOf(rule, calculation),
    unit: unitOf(rule),
    truth: expression && ((memory) => truthOf(expression.root.compute(surroundingsOf(memory)))),
    isInhibited: inhibitionOf(inhibition, inhibitingRule),
    isOpenAt: schedule && compileSchedule(schedule),
    isLatched: rule.latched === true,
  };
}

const parsed = (text: string | undefined): Formula | undefined =>
  text === undefined ? undefined : parseFormula(text);

const distinct = (names: readonly string[]): string[] => [...new Set(names)];

function measureOf(rule: AlertRule, calculation: Formula | undefined): Plan['measure'] {
  const { signal, rateOfChange, deviation, window } = rule;
  const isBad = (memory: Memory) => memory.inputs[signal]?.quality === 'BAD';
  if (rateOfChange !== undefined) {
    const { windowMilliseconds, perMilliseconds } = rateOfChange;
    return (memory) => (isBad(memory) ? Number.NaN : rateOf(memory, windowMilliseconds) * perMilliseconds);
  }
  if (window !== undefined) {
    const { aggregate, milliseconds } = window;
    return (memory) => (isBad(memory) ? Number.NaN : windowValue(memory, aggregate, milliseconds));
  }
  if (deviation !== undefined)
    return (memory) => inputNumber(memory, signal) - inputNumber(memory, deviation.from);
  if (calculation !== undefined) {
    return (memory) => {
      const value = calculation.root.compute(surroundingsOf(memory));
      return value === undefined ? Number.NaN : numberOf(value);
    };
  }
  return (memory) => inputNumber(memory, signal);
}

function knowledgeOf({ signal }: AlertRule, calculation: Formula | undefined): Plan['isMeasureKnown'] {
  if (calculation === undefined) return () => true;
  return (memory) => {
    const surroundings = surroundingsOf(memory);
    const isKnown = (name: string) => (surroundings.signal(name) ?? null) !== null;
    return surroundings.quality(signal) !== 'BAD' && calculation.signals.every(isKnown);
  };
}

const perUnits: ReadonlyMap<number, string> = new Map([
  [1000, 's'],
  [60_000, 'min'],
  [3_600_000, 'h'],
  [86_400_000, 'd'],
]);

function unitOf({ rateOfChange, window, calculation }: AlertRule): Plan['unit'] {
  if (rateOfChange !== undefined) {
    const per = perUnits.get(rateOfChange.perMilliseconds);
    return (unit) => (unit === undefined || per === undefined ? undefined : `${unit}/${per}`);
  }
  if (window?.aggregate === 'count') return () => undefined;
  return calculation === undefined ? undefined : () => calculation.unit;
}

function inhibitionOf(formula: Formula | undefined, rule: string | undefined): Plan['isInhibited'] {
  if (formula === undefined && rule === undefined) return undefined;
  return (memory) => {
    const surroundings = surroundingsOf(memory);
    if (rule !== undefined && surroundings.active(rule)) return true;
    return formula !== undefined && truthOf(formula.root.compute(surroundings)) === true;
  };
}
