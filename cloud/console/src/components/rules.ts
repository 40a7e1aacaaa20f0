import type { AlertRule } from '../api/alert-rule.ts';

/** Are the rule's limits limits of the value itself, and not of a rate, a difference, a window or a calculation? */
export function hasLimitsOfTheValue(rule: AlertRule): boolean {
  const { limits, rateOfChange, deviation, window, calculation } = rule;
  return (
    limits !== undefined &&
    [rateOfChange, deviation, window, calculation].every((measure) => measure === undefined)
  );
}
