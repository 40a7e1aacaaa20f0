import { type Static, Type } from 'typebox';
import { SignalName, SignalValue, Slug } from './primitives.ts';

const strict = { additionalProperties: false };

/** See docs/reference/formulas.md; over the latest readings of one device. */
const FormulaText = Type.String({ minLength: 1, maxLength: 500 });
const Because = Type.String({ minLength: 1, maxLength: 200 });

/** What a command's permission to act hangs on: a formula that is true or false. */
export const CommandGuard = Type.Object(
  {
    formula: FormulaText,
    /** Whose signals it looks at; the command's own device where it is left out. */
    deviceId: Type.Optional(Slug),
    /** Why, in words for whoever sent the command. */
    because: Type.Optional(Because),
    /** A reading that is older than this is not known any more. A minute where it is left out. */
    maximumAgeMilliseconds: Type.Optional(Type.Integer({ minimum: 100, maximum: 86_400_000 })),
  },
  strict,
);
export type CommandGuard = Static<typeof CommandGuard>;

/** One step of a routine. */
export const RoutineStep = Type.Union([
  /** Writes a point: a constant, or what the command's parameter says. */
  Type.Object({ write: SignalName, value: SignalValue }, strict),
  Type.Object({ write: SignalName, parameter: Type.String({ minLength: 1, maxLength: 64 }) }, strict),
  Type.Object({ pauseMilliseconds: Type.Integer({ minimum: 1, maximum: 600_000 }) }, strict),
  /** Waits until the formula is true; the routine has failed if it is not in time. */
  Type.Object(
    {
      until: FormulaText,
      withinMilliseconds: Type.Integer({ minimum: 1, maximum: 600_000 }),
      because: Type.Optional(Because),
    },
    strict,
  ),
]);
export type RoutineStep = Static<typeof RoutineStep>;

/** What a gateway must know of a command beyond its name: when it may act, and what it does itself. */
export const CommandRule = Type.Object(
  {
    name: Slug,
    /** Refused unless this is known to be true when it would begin. */
    precondition: Type.Optional(CommandGuard),
    /**
     * While this is true, or not known, the command is held until it expires; a routine that it overtakes stops where
     * it is.
     */
    interlock: Type.Optional(CommandGuard),
    /** Carried out by the gateway; without one, the command is the device's own. */
    routine: Type.Optional(Type.Array(RoutineStep, { minItems: 1, maxItems: 50 })),
  },
  strict,
);
export type CommandRule = Static<typeof CommandRule>;
