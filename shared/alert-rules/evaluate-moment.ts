import {
  type AlertEvidence,
  evidenceInputsMax,
  type Reading,
  type SignalValue,
} from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { leaves } from './draft.ts';
import { type CommunicationGate, judge, openGate } from './judge.ts';
import { emptyMemory, type Input, type Memory, noteInput, noteReading, ruleInput } from './memory.ts';
import type { Plan } from './plan.ts';
import type { RuleState } from './rule-state.ts';
import type { Step } from './settle.ts';
import { codeOf } from './values.ts';

const evidenceTextMax = 200;

/**
 * Evaluates what a device said in one moment to a rule that looks at more than one value: all of it is taken in
 * before the rule is judged, so that an expression never sees half of a message. `readings` are those of the rule's
 * signals, in the order of arrival; there is at least one.
 */
export function evaluateMoment(
  rule: CompiledRule,
  state: RuleState,
  readings: readonly Reading[],
  newId: IdentifierSource,
  gate: CommunicationGate = openGate,
): Step | undefined {
  const { plan } = rule;
  const { signal } = rule.source;
  const trigger = readings.findLast((reading) => reading.signal === signal) ?? readings.at(-1);
  if (plan === null || trigger === undefined) return undefined;
  let memory = state.memory ?? emptyMemory;
  for (const reading of readings) memory = noteReading(memory, plan, reading);
  return judgeMemory(rule, plan, state, memory, trigger, newId, gate);
}

/** Tells a rule that another one of its device was raised, or is so no longer. */
export function evaluateRuleInput(
  rule: CompiledRule,
  state: RuleState,
  other: { deviceId: string; rule: string; isActive: boolean; now: number },
  newId: IdentifierSource,
  gate: CommunicationGate = openGate,
): Step | undefined {
  const { plan } = rule;
  if (plan === null) return undefined;
  const { now, isActive, deviceId } = other;
  const before = state.memory ?? emptyMemory;
  const name = ruleInput(other.rule);
  const input: Input = { value: isActive, quality: 'GOOD', sourceTime: now, gatewayTime: now };
  if ((before.inputs[name]?.value ?? false) === isActive) return undefined;
  const own = before.inputs[rule.source.signal];
  // The device's clock stands where it stood: what another rule does takes no time.
  const sourceTime = state.timing?.sourceTime ?? own?.sourceTime ?? now;
  const occasion = { deviceId, signal: name, quality: 'GOOD' as const, sourceTime, gatewayTime: now };
  return judgeMemory(
    rule,
    plan,
    state,
    noteInput(before, name, input),
    { ...occasion, historical: false },
    newId,
    gate,
  );
}

type Occasion = Pick<
  Reading,
  'deviceId' | 'signal' | 'quality' | 'sourceTime' | 'gatewayTime' | 'historical' | 'bootId'
>;

function judgeMemory(
  rule: CompiledRule,
  plan: Plan,
  state: RuleState,
  memory: Memory,
  trigger: Occasion,
  newId: IdentifierSource,
  gate: CommunicationGate,
): Step | undefined {
  const { signal } = rule.source;
  const own = memory.inputs[signal];
  const isOwn = trigger.signal === signal;
  const isBad = own === undefined || own.quality === 'BAD';
  const number = numberOf(rule, plan, memory, state.activeLimits);
  const observation = {
    cause: causeOf(rule, plan, memory, trigger, number),
    number,
    code: isBad ? Number.NaN : codeOf(own.value),
    truth: truthOf(plan, memory),
    isGood: isOwn && trigger.quality === 'GOOD',
    isBad,
    memory,
  };
  return judge(rule, state, observation, newId, gate);
}

/** A calculation may have a result although a signal is BAD: it may raise, but what would clear a limit is unknown. */
function numberOf(rule: CompiledRule, plan: Plan, memory: Memory, activeLimits: number): number {
  if (rule.limits.length === 0) return Number.NaN;
  const number = plan.measure(memory);
  const isLeft = rule.limits.some((limit) => (activeLimits & limit.bit) !== 0 && leaves(limit, number));
  return isLeft && !plan.isMeasureKnown(memory) ? Number.NaN : number;
}

/** What is false although a signal is BAD may raise nothing, but clears nothing either: not knowing is not being well. */
function truthOf(plan: Plan, memory: Memory): boolean | undefined {
  const truth = plan.truth?.(memory);
  const isAnyBad = plan.signals.some((signal) => memory.inputs[signal]?.quality === 'BAD');
  return truth === false && isAnyBad ? undefined : truth;
}

function causeOf(rule: CompiledRule, plan: Plan, memory: Memory, trigger: Occasion, number: number): Cause {
  const { signal } = rule.source;
  const own = memory.inputs[signal];
  const unit = plan.unit === undefined ? own?.unit : plan.unit(own?.unit);
  const { deviceId, sourceTime, gatewayTime, historical, bootId } = trigger;
  return {
    deviceId,
    value: rule.limits.length > 0 && isDerived(rule) ? finiteOrNull(number) : (own?.value ?? null),
    quality: hasFormula(rule) ? trigger.quality : (own?.quality ?? 'BAD'),
    sourceTime,
    gatewayTime,
    historical,
    inputs: () => evidenceInputs(memory),
    ...(unit === undefined ? {} : { unit }),
    ...(bootId === undefined ? {} : { bootId }),
  };
}

function isDerived({ source }: CompiledRule): boolean {
  const { rateOfChange, deviation, window, calculation } = source;
  return [rateOfChange, deviation, window, calculation].some(Boolean);
}

function hasFormula({ source }: CompiledRule): boolean {
  return source.calculation !== undefined || source.expression !== undefined;
}

const finiteOrNull = (number: number): number | null => (Number.isFinite(number) ? number : null);

/** What the rule looked at, as it is told with a transition. */
export function evidenceInputs({ inputs }: Memory): NonNullable<AlertEvidence['inputs']> {
  return Object.entries(inputs)
    .slice(0, evidenceInputsMax)
    .map(([name, { value, quality, sourceTime }]) => ({
      name,
      value: shortened(value),
      quality,
      sourceTime,
    }));
}

function shortened(value: SignalValue): SignalValue {
  return typeof value === 'string' ? value.slice(0, evidenceTextMax) : value;
}
