import type { Attributes, Scalar } from './attributes.ts';
import { isMet, resolveValue, type Scope, valuesOf } from './condition.ts';
import type {
  Correlation,
  JourneyDefinition,
  SendMessageStep,
  Step,
  WaitForTriggerStep,
} from './definition.ts';

/** Where a run is. Plain data: it is stored as it is. Times are epoch milliseconds. */
export interface RunState {
  readonly status: 'in-progress' | 'done' | 'exited';
  readonly reason: string | null;
  /** The step that it waits in. */
  readonly at: string | null;
  readonly wakeAt: number | null;
  readonly awaiting: Awaited | null;
  readonly scope: Scope;
  /** Trigger events that its steps took; none is taken twice. */
  readonly taken: readonly string[];
}

export interface Awaited {
  readonly trigger: string;
  readonly correlation: Attributes;
}

export type RunInput =
  | { readonly type: 'begin' }
  | {
      readonly type: 'trigger';
      readonly id: string;
      readonly trigger: string;
      readonly attributes: Attributes;
    }
  | { readonly type: 'time' }
  | { readonly type: 'stop'; readonly reason: string };

export type Effect =
  | { readonly type: 'step-entered'; readonly stepId: string }
  | { readonly type: 'step-left'; readonly stepId: string; readonly outcome: string }
  | {
      readonly type: 'raise-trigger';
      readonly stepId: string;
      readonly trigger: string;
      readonly attributes: Attributes;
    }
  | {
      readonly type: 'send-message';
      readonly step: SendMessageStep;
      readonly values: Attributes;
      readonly caseId: string | null;
    };

export interface Advance {
  readonly state: RunState;
  readonly effects: readonly Effect[];
}

/** The state of a run that has not begun. */
export function initialState(trigger: Attributes): RunState {
  return {
    status: 'in-progress',
    reason: null,
    at: null,
    wakeAt: null,
    awaiting: null,
    scope: { trigger, steps: {} },
    taken: [],
  };
}

/**
 * Moves a run as far as it goes. Pure: the same state, input and time give the same state and effects. An input that
 * does not concern the run changes nothing, and nothing changes a run that ended.
 */
export function advance(
  definition: JourneyDefinition,
  state: RunState,
  input: RunInput,
  now: number,
): Advance {
  if (state.status !== 'in-progress') {
    return { state, effects: [] };
  }
  switch (input.type) {
    case 'begin':
      return state.at === null ? walk(definition, state, definition.steps[0], now) : { state, effects: [] };
    case 'stop':
      return end(state, 'exited', input.reason, 'stopped');
    case 'time':
      return onTime(definition, state, now);
    case 'trigger':
      return onTrigger(definition, state, input, now);
  }
}

/** The run ends here: a trigger that it wanted to raise was refused. What it wanted to do after that is left. */
export function refused(state: RunState, reason: string): RunState {
  return { ...state, status: 'exited', reason, at: null, wakeAt: null, awaiting: null };
}

/** Everything that a run listens for: what ends it, and what its step waits for. */
export function awaitedBy(definition: JourneyDefinition, state: RunState): Awaited[] {
  if (state.status !== 'in-progress') {
    return [];
  }
  const exits = (definition.exitOn ?? []).flatMap((rule) => {
    const correlation = resolve(state.scope, rule.correlation);
    return correlation === undefined ? [] : [{ trigger: rule.trigger, correlation }];
  });
  return state.awaiting === null ? exits : [...exits, state.awaiting];
}

function onTime(definition: JourneyDefinition, state: RunState, now: number): Advance {
  const step = state.at === null ? undefined : findStep(definition.steps, state.at);
  if (step === undefined || state.wakeAt === null || now < state.wakeAt) {
    return { state, effects: [] };
  }
  if (step.type === 'wait-for-trigger' && step.onTimeout !== 'continue') {
    return end(state, 'done', step.onTimeout.finish, 'timed out');
  }
  const outcome = step.type === 'wait' ? 'waited' : 'timed out';
  return leave(definition, state, step, outcome, now);
}

function onTrigger(
  definition: JourneyDefinition,
  state: RunState,
  input: Extract<RunInput, { type: 'trigger' }>,
  now: number,
): Advance {
  for (const rule of definition.exitOn ?? []) {
    const correlation = resolve(state.scope, rule.correlation);
    if (
      rule.trigger === input.trigger &&
      correlation !== undefined &&
      matches(correlation, input.attributes)
    ) {
      return end(state, 'exited', rule.reason ?? `${rule.trigger} was raised`, 'exited');
    }
  }
  const step = state.at === null ? undefined : findStep(definition.steps, state.at);
  if (
    step === undefined ||
    state.awaiting?.trigger !== input.trigger ||
    state.taken.includes(input.id) ||
    !matches(state.awaiting.correlation, input.attributes)
  ) {
    return { state, effects: [] };
  }
  const taken: RunState = {
    ...state,
    scope: { ...state.scope, steps: { ...state.scope.steps, [step.id]: input.attributes } },
    taken: [...state.taken, input.id],
  };
  return leave(definition, taken, step, 'came', now);
}

function leave(
  definition: JourneyDefinition,
  state: RunState,
  step: Step,
  outcome: string,
  now: number,
): Advance {
  const onward: RunState = { ...state, at: null, wakeAt: null, awaiting: null };
  const rest = walk(definition, onward, stepAfter(definition.steps, step.id), now);
  return {
    state: rest.state,
    effects: [{ type: 'step-left', stepId: step.id, outcome }, ...rest.effects],
  };
}

/** Goes from step to step until one waits or none is left. */
function walk(definition: JourneyDefinition, from: RunState, first: Step | undefined, now: number): Advance {
  const effects: Effect[] = [];
  let step = first;
  while (step !== undefined) {
    effects.push({ type: 'step-entered', stepId: step.id });
    const waiting = waitIn(from, step, now);
    if (waiting !== undefined) {
      return { state: waiting, effects };
    }
    const { effect, outcome, next } = perform(definition, from.scope, step);
    effects.push(...effect, { type: 'step-left', stepId: step.id, outcome });
    step = next;
  }
  const finished: RunState = { ...from, status: 'done', at: null, wakeAt: null, awaiting: null };
  return { state: finished, effects };
}

/** The state of waiting in a step; undefined where the step does not wait. */
function waitIn(state: RunState, step: Step, now: number): RunState | undefined {
  if (step.type === 'wait') {
    return { ...state, at: step.id, wakeAt: now + step.seconds * 1000, awaiting: null };
  }
  if (step.type === 'wait-for-trigger') {
    return {
      ...state,
      at: step.id,
      wakeAt: now + step.timeoutSeconds * 1000,
      awaiting: awaitedIn(state.scope, step),
    };
  }
  return undefined;
}

/** What nobody can bring is not waited for: then only the time-out ends the step. */
function awaitedIn(scope: Scope, step: WaitForTriggerStep): Awaited | null {
  const correlation = resolve(scope, step.correlation);
  return correlation === undefined ? null : { trigger: step.trigger, correlation };
}

function perform(
  definition: JourneyDefinition,
  scope: Scope,
  step: Step,
): { effect: Effect[]; outcome: string; next: Step | undefined } {
  const following = stepAfter(definition.steps, step.id);
  switch (step.type) {
    case 'branch': {
      const met = isMet(step.condition, scope);
      return {
        effect: [],
        outcome: met ? 'met' : 'not met',
        next: (met ? step.whenMet : step.whenNot)[0] ?? following,
      };
    }
    case 'raise-trigger':
      return {
        effect: [
          {
            type: 'raise-trigger',
            stepId: step.id,
            trigger: step.trigger,
            attributes: valuesOf(scope, step.attributes),
          },
        ],
        outcome: 'raised',
        next: following,
      };
    case 'send-message': {
      const caseId = step.case === undefined ? undefined : resolveValue(scope, step.case);
      return {
        effect: [
          {
            type: 'send-message',
            step,
            values: valuesOf(scope, step.values),
            caseId: typeof caseId === 'string' ? caseId : null,
          },
        ],
        outcome: 'queued',
        next: following,
      };
    }
    default:
      throw new Error(`the step ${step.id} waits and cannot be performed`);
  }
}

function end(state: RunState, status: 'done' | 'exited', reason: string, outcome: string): Advance {
  return {
    state: { ...state, status, reason, at: null, wakeAt: null, awaiting: null },
    effects: state.at === null ? [] : [{ type: 'step-left', stepId: state.at, outcome }],
  };
}

function findStep(steps: readonly Step[], id: string): Step | undefined {
  for (const step of steps) {
    if (step.id === id) {
      return step;
    }
    const inside = step.type === 'branch' ? findStep([...step.whenMet, ...step.whenNot], id) : undefined;
    if (inside !== undefined) {
      return inside;
    }
  }
  return undefined;
}

/** The step that follows: the next of its list, or what follows the branch that the list belongs to. */
function stepAfter(steps: readonly Step[], id: string, afterList?: Step): Step | undefined {
  for (const [index, step] of steps.entries()) {
    const following = steps[index + 1] ?? afterList;
    if (step.id === id) {
      return following;
    }
    if (step.type === 'branch') {
      for (const list of [step.whenMet, step.whenNot]) {
        if (findStep(list, id) !== undefined) {
          return stepAfter(list, id, following);
        }
      }
    }
  }
  return undefined;
}

function resolve(scope: Scope, correlation: Correlation): Attributes | undefined {
  const resolved: Record<string, Scalar> = {};
  for (const { attribute, equals } of correlation) {
    const value = resolveValue(scope, equals);
    if (value === undefined) {
      return undefined;
    }
    resolved[attribute] = value;
  }
  return resolved;
}

function matches(correlation: Attributes, attributes: Attributes): boolean {
  return Object.entries(correlation).every(([name, value]) => attributes[name] === value);
}
