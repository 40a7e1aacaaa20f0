import { type CompiledRule, compileRule, parseState, type RuleState } from '@andon/shared/alert-rules';
import type { AlertRule } from '@andon/shared/contracts';
import type { StoredAlertState } from './alert-engine-contract.ts';

/** Devices of one category have the same rules: they are held once. */
export function shared(compiled: Map<string, CompiledRule>, source: AlertRule): CompiledRule {
  const identity = JSON.stringify(source);
  const known = compiled.get(identity);
  if (known !== undefined) return known;
  const rule = compileRule(source);
  compiled.set(identity, rule);
  return rule;
}

export function parseStates(states: Iterable<StoredAlertState>): Map<string, RuleState> {
  const parsed = new Map<string, RuleState>();
  for (const { key, state } of states) parsed.set(key, parseState(state));
  return parsed;
}
