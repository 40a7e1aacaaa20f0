import { AlertTransition, BootId, Quality, SignalName, SignalValue, UnitCode } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

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
    /** HIHI, HI, LO, LOLO: since when the on-delay (or, of an active limit, the off-delay) runs. */
    limitsSince: Type.Tuple([Since, Since, Since, Since]),
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

/** All that the engine remembers of one rule of one device. JSON, and `idleState` where nothing is going on. */
export const RuleState = Type.Object(
  {
    /** The latest transition of the open occurrence. */
    open: Type.Union([AlertTransition, Type.Null()]),
    /** The source time at which the open occurrence was raised. */
    raisedAt: Type.Union([Type.Number(), Type.Null()]),
    /** One bit for each limit that is in force: HIHI 1, HI 2, LO 4, LOLO 8. */
    activeLimits: Type.Integer({ minimum: 0, maximum: 15 }),
    /** The error code in force; 0 for none, -1 for a value that is no number from 1 to 65,535. */
    activeCode: Type.Integer(),
    stale: Type.Boolean(),
    timing: Type.Union([Timing, Type.Null()]),
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
});

const stateSchema = Compile(RuleState);

/** JSON of a state; null for the idle one, which need not be stored. */
export function serializeState(state: RuleState): string | null {
  return state === idleState ? null : JSON.stringify(state);
}

/** Reads what `serializeState` wrote. Throws `alert-rules.state-unreadable`. */
export function parseState(json: string | null): RuleState {
  if (json === null) return idleState;
  let state: unknown;
  try {
    state = JSON.parse(json);
  } catch (cause) {
    throw unreadable('it is not JSON', cause);
  }
  if (!stateSchema.Check(state)) {
    const first = stateSchema.Errors(state)[0];
    throw unreadable(`${first?.instancePath ?? ''} ${first?.message ?? 'has another shape'}`.trim());
  }
  return state;
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
