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
  // Of most rules no more is stored than that their signal was heard of: those are held once.
  const known = new Map<string, RuleState>();
  for (const { key, state } of states) {
    const same = known.get(state) ?? parseState(state);
    if (same.open === null) known.set(state, same);
    parsed.set(key, same);
  }
  return parsed;
}

/** The signals (as `deviceId/signal`) of which some rule remembers that they were heard of. */
export function heardSignals(
  stored: ReadonlyMap<string, RuleState>,
  rules: ReadonlyMap<string, { readonly state: RuleState }>,
): Set<string> {
  const heard = new Set<string>();
  const tell = (key: string, { heard: signal }: RuleState): void => {
    if (signal !== null) heard.add(`${key.slice(0, key.indexOf('/'))}/${signal}`);
  };
  for (const [key, state] of stored) tell(key, state);
  for (const [key, { state }] of rules) tell(key, state);
  return heard;
}
