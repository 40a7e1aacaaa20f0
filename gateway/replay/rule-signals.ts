import { compileRule } from '@andon/shared/alert-rules';
import type { AlertRule } from '@andon/shared/contracts';

/** All signals that a rule looks at, its own first: those of deviations, formulas and inhibition, too. */
export function signalsOfRule(rule: AlertRule): readonly string[] {
  return compileRule(rule).plan?.signals ?? [rule.signal];
}
