import {
  type Command,
  type CommandRule,
  commandReason,
  plainParameter,
  type RoutineStep,
  type SignalValue,
} from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';
import { judgeFormula, judgeGuard, type Readings } from './guard.ts';
import type { AttemptResult } from './runner.ts';

/** How a routine reaches the world. */
export interface RoutineSurroundings {
  readonly clock: Clock;
  readonly readings: Readings;
  /** Writes a point of the command's device; rejects where it cannot. */
  write(point: string, value: SignalValue): Promise<void>;
  /** Resolves after this time; never, once the gateway stops: the next start decides what becomes of the command. */
  pause(milliseconds: number): Promise<void>;
  /** The first step is done: from now on something has happened at the machine. */
  begun(): Promise<void>;
}

const lookMilliseconds = 100;
/** A whole routine takes no longer, whatever its steps say. */
const routineMillisecondsMax = 3_600_000;

/**
 * Carries out a routine step by step. It rejects where the very first step could not be done, since nothing has
 * happened then and it may be tried again; after that, what cannot be done has failed, with the step that it was.
 */
export async function runRoutine(
  rule: CommandRule,
  command: Command,
  surroundings: RoutineSurroundings,
): Promise<AttemptResult> {
  const steps = rule.routine ?? [];
  const deadline = surroundings.clock.monotonic() + routineMillisecondsMax;
  for (const [index, step] of steps.entries()) {
    const where = { step: index + 1, steps: steps.length };
    const stopped = stopsAt(rule, command, surroundings);
    if (stopped !== undefined) {
      return { status: 'failed', reason: commandReason('interlock-stopped', { ...stopped, ...where }) };
    }
    if (surroundings.clock.monotonic() > deadline) {
      return { status: 'failed', reason: commandReason('routine-too-long', where) };
    }
    const failure = await take(step, command, surroundings).catch((error: unknown) => {
      if (index === 0) {
        throw error;
      }
      return messageOf(error);
    });
    if (failure !== undefined) {
      return {
        status: 'failed',
        reason: commandReason('routine', { ...where, what: spokenStep(step), cause: failure }),
      };
    }
    if (index === 0) {
      await surroundings.begun();
    }
  }
  return { status: 'succeeded' };
}

function stopsAt(
  { interlock }: CommandRule,
  { deviceId }: Command,
  { readings, clock }: RoutineSurroundings,
): { readonly guard: string; readonly seen: string } | undefined {
  if (interlock === undefined) {
    return undefined;
  }
  const { truth, seen } = judgeGuard(interlock, deviceId, readings, clock.monotonic());
  return truth === false ? undefined : { guard: interlock.because ?? interlock.formula, seen };
}

/** Undefined where it was done. */
async function take(
  step: RoutineStep,
  command: Command,
  surroundings: RoutineSurroundings,
): Promise<string | undefined> {
  if ('pauseMilliseconds' in step) {
    await surroundings.pause(step.pauseMilliseconds);
    return undefined;
  }
  if ('until' in step) {
    return waitUntil(step, command, surroundings);
  }
  const value = 'parameter' in step ? plainParameter(command.parameters, step.parameter) : step.value;
  if (value === undefined) {
    return commandReason('parameters-routine', { parameter: 'parameter' in step ? step.parameter : '' });
  }
  await surroundings.write(step.write, value);
  return undefined;
}

async function waitUntil(
  step: Extract<RoutineStep, { until: string }>,
  command: Command,
  { clock, readings, pause }: RoutineSurroundings,
): Promise<string | undefined> {
  // Only what was read from now on tells whether the step before it worked.
  const since = clock.monotonic();
  const deadline = clock.monotonic() + step.withinMilliseconds;
  for (;;) {
    const { truth, seen } = judgeFormula(step.until, command.deviceId, readings, { since });
    if (truth === true) {
      return undefined;
    }
    const left = deadline - clock.monotonic();
    if (left <= 0) {
      return step.because === undefined
        ? commandReason('not-in-time', { formula: step.until, seen })
        : `${step.because}: ${step.until} (${seen})`;
    }
    await pause(Math.min(lookMilliseconds, left));
  }
}

function spokenStep(step: RoutineStep): string {
  if ('pauseMilliseconds' in step) {
    return 'pause';
  }
  return 'until' in step ? 'until' : `write ${step.write}`;
}
