import {
  AlertTransition,
  BootId,
  Quality,
  Severity,
  SignalName,
  SignalValue,
  UnitCode,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { timedConditionsMax } from './compiled-rule.ts';
import { Memory } from './memory.ts';

const strict = { additionalProperties: false };

/** A point on the timing's own scale, `timing.elapsed`; -1 where no delay runs. */
const Since = Type.Number({ minimum: -1 });

/** Delays that run. There is one only while at least one delay of the rule runs. */
export const Timing = Type.Object(
  {
    signal: SignalName,
    /** The device's and the gateway's time of the latest reading that was evaluated. */
    sourceTime: Type.Number(),
    gatewayTime: Type.Number(),
    /** Milliseconds by the device's clock since the first delay began; its steps back count as nothing. */
    elapsed: Type.Number({ minimum: 0 }),
    /** The latest reading could not be evaluated: no tick lets a delay expire until one can. */
    held: Type.Boolean(),
    /** HIHI, HI, LO, LOLO, expression: since when the on-delay (or, of an active one, the off-delay) runs. */
    limitsSince: Type.Array(Since, { minItems: timedConditionsMax, maxItems: timedConditionsMax }),
    /** Nothing may come into force (shelved, inhibited, outside of the schedule): on-delays begin when it may. */
    blocked: Type.Boolean(),
    /** Since when the active error code is gone. */
    codeGoneSince: Since,
    /** The error code that waits for its on-delay, or 0. */
    candidateCode: Type.Integer(),
    candidateSince: Since,
    latest: Type.Object(
      {
        value: SignalValue,
        quality: Quality,
        unit: Type.Optional(UnitCode),
        bootId: Type.Optional(BootId),
        historical: Type.Boolean(),
      },
      strict,
    ),
  },
  strict,
);
export type Timing = Static<typeof Timing>;

/** A raise, by the device's clock, and its error code where it was one (else -1): each code chatters by itself. */
const Activation = Type.Object({ at: Type.Number(), code: Type.Integer() }, strict);
export type Activation = Static<typeof Activation>;

/** A rule that is shelved raises nothing. Times are by the gateway's clock, except `sourceUntil`. */
export const Shelf = Type.Object(
  {
    kind: Type.Enum(['timed', 'one-shot', 'chatter']),
    at: Type.Number(),
    until: Type.Number(),
    /** The device's time at which it ends too, so that a recording or a backlog is not swallowed whole. */
    sourceUntil: Type.Union([Type.Number(), Type.Null()]),
    /** One-shot: the condition that it waits to see the end of has been there. */
    seen: Type.Boolean(),
    /** Chatter of a condition hides none that is worse. */
    severity: Type.Union([Severity, Type.Null()]),
    by: Type.String(),
    reason: Type.String(),
  },
  strict,
);
export type Shelf = Static<typeof Shelf>;

/** All that the engine remembers of one rule of one device. JSON, and `idleState` where nothing is going on. */
export const RuleState = Type.Object(
  {
    /** The latest transition of the open occurrence. */
    open: Type.Union([AlertTransition, Type.Null()]),
    /** The source time at which the open occurrence was raised. */
    raisedAt: Type.Union([Type.Number(), Type.Null()]),
    /** One bit for each that is in force: HIHI 1, HI 2, LO 4, LOLO 8, expression 16, stuck 32, BAD quality 64. */
    activeLimits: Type.Integer({ minimum: 0, maximum: 127 }),
    /** The error code in force; 0 for none, -1 for a value that is no number from 1 to 65,535. */
    activeCode: Type.Integer(),
    stale: Type.Boolean(),
    timing: Type.Union([Timing, Type.Null()]),
    /** The latest raises, oldest first, while they count for chattering. */
    activations: Type.Array(Activation, { maxItems: 20 }),
    shelf: Type.Union([Shelf, Type.Null()]),
    /** Silence counts from here at the earliest: the rule was blocked until then. By the gateway's clock, 0 if not. */
    silentSince: Type.Number({ minimum: 0 }),
    memory: Type.Union([Memory, Type.Null()]),
    /** The signal of a `stale` rule, once it was heard of with GOOD quality: silence counts from then on. */
    heard: Type.Union([SignalName, Type.Null()]),
  },
  strict,
);
export type RuleState = Static<typeof RuleState>;

/** Shared by every rule with which all is well, so that a quiet signal costs no memory of its own. */
export const idleState: RuleState = Object.freeze({
  open: null,
  raisedAt: null,
  activeLimits: 0,
  activeCode: 0,
  stale: false,
  timing: null,
  activations: Object.freeze([]) as never[],
  shelf: null,
  silentSince: 0,
  memory: null,
  heard: null,
});

/** The form in which states are stored; those without a number are of the first. */
const formVersion = 3;

/** Nothing of the first form is lost: what it did not know was not there. */
function fromFirstForm(stored: object): unknown {
  const added = { activations: [], shelf: null, silentSince: 0, memory: null, heard: signalOf(stored) };
  const timing: unknown = 'timing' in stored ? stored.timing : undefined;
  if (typeof timing !== 'object' || timing === null) return { ...stored, ...added };
  const limitsSince: unknown = 'limitsSince' in timing ? timing.limitsSince : undefined;
  const delays = Array.isArray(limitsSince) ? [...limitsSince, -1] : limitsSince;
  return { ...stored, ...added, timing: { ...timing, limitsSince: delays, blocked: false } };
}

const stateSchema = Compile(RuleState);

/** JSON of a state; null for the idle one, which need not be stored. */
export function serializeState(state: RuleState): string | null {
  return state === idleState ? null : JSON.stringify({ form: formVersion, ...state });
}

/** Reads what `serializeState` wrote. Throws `alert-rules.state-unreadable`. */
export function parseState(json: string | null): RuleState {
  if (json === null) return idleState;
  const state = inThisForm(parsedJson(json));
  if (!stateSchema.Check(state)) {
    const first = stateSchema.Errors(state)[0];
    throw unreadable(`${first?.instancePath ?? ''} ${first?.message ?? 'has another shape'}`.trim());
  }
  return state;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable('it is not JSON', cause);
  }
}

function inThisForm(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  if (!('form' in stored)) return fromFirstForm(stored);
  const { form, ...state } = stored;
  if (form === 2) return { ...state, heard: signalOf(state) };
  if (form !== formVersion)
    throw unreadable(`it has the form ${String(form)}, this program knows ${formVersion}`);
  return state;
}

/** Before the third form nothing said that a signal was heard of, except what it had led to. */
function signalOf(stored: object): unknown {
  for (const part of Object.values(stored)) {
    if (typeof part === 'object' && part !== null && 'signal' in part) return part.signal;
  }
  return null;
}

function unreadable(why: string, cause?: unknown): AndonError {
  return new AndonError({
    code: 'alert-rules.state-unreadable',
    message: `The stored state of an alert rule cannot be read: ${why}.`,
    nextStep: 'Start the version that wrote it, or delete this row: its open alert is then raised anew.',
    status: 500,
    cause,
  });
}
