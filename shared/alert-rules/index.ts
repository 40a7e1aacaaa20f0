/**
 * The alert rules, as pure functions over a state that is JSON.
 *
 * Actors: the gateway evaluates each reading and lets time pass; a replay does the same over a recording.
 *
 * States: a rule of one device has at most one open occurrence. It is raised, may be escalated (HI to HIHI, LO to
 * LOLO) and deescalated, and is cleared; the next one has another id. From the high side straight to the low side,
 * or from one error code to another, is the end of one occurrence and the beginning of the next. Under it, each
 * limit and the error code have a filter of their own:
 *
 * - A limit is violated at its setpoint and beyond it. It comes into force when the value was there for the
 *   on-delay without a break, and is left when the value was further inside than the deadband (at exactly setpoint
 *   minus deadband it is still in force; LO and LOLO mirrored) for the off-delay without a break.
 * - HIHI takes HI along without waiting for HI's own on-delay, LOLO takes LO.
 * - The limits come before the error code, and the error code before silence. Silence while an alert is open raises
 *   nothing more: a signal that must be watched for both gets two rules.
 *
 * Time: delays count by the dates of the readings. A date that goes back adds nothing to a delay, and takes nothing
 * away; the order of arrival is the order of evaluation, since a clock that was set back must not blind the gateway.
 * Between readings a tick adds what has passed at the gateway since the latest one, as if the value had stayed.
 * Staleness counts by the gateway's clock alone, and the caller remembers when a signal was last heard of. It counts
 * from the first GOOD value ever: that there was one (`heard`) is part of the state. Who never spoke is not silent,
 * unless the rule asks for it (`alsoIfNeverHeard`).
 *
 * Invariants: nothing is raised before its on-delay has passed; nothing is cleared by a reading that cannot be
 * evaluated (BAD quality, or text where a limit needs a number), nor by silence: ticks stand still meanwhile, and
 * the next good reading counts the whole time; transitions of an occurrence are numbered 1, 2, 3 …; a state that
 * went through JSON behaves the same; the quiet path allocates nothing, and quiet rules share `idleState`, or the
 * state that says no more than that the signal was heard of.
 *
 * Beyond the reading: a rule with a plan remembers the latest of every signal (and rule) that it looks at, and is judged
 * anew when any of them comes; a window is gathered in sixty steps. What is unknown (never heard of, BAD, not
 * computable) raises and clears nothing. Its memory is part of the state.
 *
 * Blocked: while a rule is shelved, inhibited or outside of its schedule, nothing comes into force, and the on-delays
 * begin anew when it may; what is open stays, and may clear. A latched occurrence stays until it is reset. A rule that
 * is raised too often is shelved by itself, and says so; what is worse than what chattered ends that shelf.
 *
 * What may go wrong: a device's clock that leaps forward lets a delay pass early, though never with fewer than two
 * readings that agree. Ids come from outside, so that a replay gives the same.
 */
export { adoptState, dismissState } from './adopt.ts';
export { shiftGatewayClock } from './clock-step.ts';
export { type CompiledRule, compileRule } from './compiled-rule.ts';
export { evaluateMoment, evaluateRuleInput } from './evaluate-moment.ts';
export { evaluateReading } from './evaluate-reading.ts';
export { evaluateTick, type Tick, wakeAt } from './evaluate-tick.ts';
export { standFor } from './first-out.ts';
export { type Formula, formulaLengthMax, parseFormula, truthOf } from './formula/index.ts';
export { type CommunicationGate, openGate } from './judge.ts';
export { type ResetRefusal, resetLatched } from './reset.ts';
export { type RuleMistake, type RuleMistakeCode, ruleMistakes } from './rule-mistakes.ts';
export { idleState, parseState, type RuleState, type Shelf, serializeState } from './rule-state.ts';
export type { Step } from './settle.ts';
export { type ShelvingRequest, shelve, unshelve } from './shelving.ts';
export { mustStoreAtOnce, storingPeriod } from './storing.ts';
