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
}
