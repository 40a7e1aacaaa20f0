import type { AlertRule } from '../contracts/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** Tells what is wrong with an alert rule by itself, whatever device it stands on. */
export function checkRule(rule: AlertRule, path: KeyPath, tell: Tell): void {
  if (!rule.limits && !rule.errorCodes && !rule.stale) {
    tell(path, 'says nothing: it needs limits, errorCodes or stale');
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
