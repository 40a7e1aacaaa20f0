import { badQualityBit, type CompiledRule } from './compiled-rule.ts';
import type { RuleState, Timing } from './rule-state.ts';

const periodMillisecondsMin = 1000;
const periodMillisecondsMax = 60_000;

/**
 * Must this change be stored at once? Not where only what was gathered moved on: a window, an anchor, the time of an
 * input that holds the same value. That may be stored now and then; what it costs after a crash is that much of a
 * window.
 */
export function mustStoreAtOnce(rule: CompiledRule, before: RuleState, after: RuleState): boolean {
  if (before === after) return false;
  if (
    before.open !== after.open ||
    before.activeLimits !== after.activeLimits ||
    before.activeCode !== after.activeCode ||
    before.stale !== after.stale ||
    before.shelf !== after.shelf ||
    before.activations.length !== after.activations.length ||
    before.silentSince !== after.silentSince ||
    before.heard !== after.heard
  ) {
    return true;
  }
  return timingMatters(before.timing, after.timing) || memoryMatters(rule, before, after);
}

/** How often what need not be stored at once is stored all the same. */
export function storingPeriod({ plan, source }: CompiledRule): number {
  const span = Math.max(plan?.bucketMilliseconds ?? 0, (source.stuck?.forMilliseconds ?? 0) / 60);
  return Math.min(periodMillisecondsMax, Math.max(periodMillisecondsMin, span));
}

/** While a rule is blocked its delays do not count, so it need not be stored how far they are. */
function timingMatters(before: Timing | null, after: Timing | null): boolean {
  if (before === after) return false;
  if (before === null || after === null) return true;
  if (!before.blocked || !after.blocked || before.candidateCode !== after.candidateCode) return true;
  return before.limitsSince.some((since, index) => since >= 0 !== (after.limitsSince[index] ?? -1) >= 0);
}

/** What other signals and rules hold changes at once what the rule decides; its own signal comes again anyway. */
function memoryMatters({ source, plan }: CompiledRule, before: RuleState, after: RuleState): boolean {
  const [old, young] = [before.memory, after.memory];
  if (old === young || plan === null) return false;
  if (old === null || young === null) return true;
  if (source.badQuality !== undefined) {
    if (old.badSince >= 0 !== young.badSince >= 0) return true;
    const isBad = (after.activeLimits & badQualityBit) !== 0;
    if (isBad && old.fineSince >= 0 !== young.fineSince >= 0) return true;
  }
  return Object.entries(young.inputs).some(([name, input]) => {
    if (name === source.signal) return false;
    const former = old.inputs[name];
    return former === undefined || former.quality !== input.quality || former.value !== input.value;
  });
}
