import { ruleMistakes } from '../alert-rules/index.ts';
import type { AlertRule } from '../contracts/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** Tells what is wrong with an alert rule, among the rules of its device and the signals that are read of it. */
export function checkRule(
  rule: AlertRule,
  path: KeyPath,
  tell: Tell,
  siblings: readonly AlertRule[] = [rule],
  signals?: ReadonlySet<string>,
): void {
  for (const mistake of ruleMistakes(rule, siblings, signals)) {
    tell([...path, ...mistake.path], mistake.message);
  }
  const order = (['lolo', 'lo', 'hi', 'hihi'] as const).filter((name) => rule.limits?.[name]);
  for (const [index, upper] of order.entries()) {
    const lower = order[index - 1];
    const upperSetpoint = rule.limits?.[upper]?.setpoint;
    const lowerSetpoint = lower && rule.limits?.[lower]?.setpoint;
    if (upperSetpoint !== undefined && lowerSetpoint !== undefined && upperSetpoint <= lowerSetpoint) {
      tell([...path, 'limits', upper, 'setpoint'], `must be above that of ${lower}, ${lowerSetpoint}`);
    }
  }
}
