import {
  type Command,
  type CommandUpdate,
  commandReason,
  mayBeRepeated,
  plainParameter,
  type SignalValue,
} from '@andon/shared/contracts';

/** A device's boot id is waited for so long where its definition says nothing. */
export const rebootMillisecondsDefault = 60_000;
/** An answer is waited for so long, and at least for as long as the command was to live. */
export const answerMillisecondsMax = 60_000;
/** A command that an interlock holds is looked at again this often. */
const heldLookMilliseconds = 250;
const reasonLengthMax = 500;
export const rebootsInWindowMax = 5;
export const rebootWindowMilliseconds = 10 * 60_000;

export type FinalState = Extract<
  CommandUpdate['state'],
  'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'EXPIRED' | 'REJECTED' | 'CANCELLED'
>;
export type JournalState = 'RECEIVED' | 'ATTEMPTING' | 'EXECUTING' | FinalState;

export interface JournaledCommand {
  readonly command: Command;
  readonly state: JournalState;
  /** When the device was last spoken to for it, in steady time. */
  readonly executingAt: number | undefined;
  readonly bootIdBefore: string | undefined;
}

/** What the decision rests on beside the journal. */
export interface CommandFacts {
  /** By the clock that people set; for the expiry alone, which is dated by the cloud. */
  readonly now: number;
  /** Passes as time does, whatever the clock is set to. */
  readonly steadyNow: number;
  readonly deviceKnown: boolean;
  readonly bootId: string | undefined;
  readonly rebootMilliseconds: number;
  /** Reboots of this device that began within the window before now, this command's own left out. */
  readonly recentReboots: number;
  /** Is an attempt of this process under way? An ATTEMPTING command without one was interrupted. */
  readonly attemptUnderWay: boolean;
  /** Why the last attempt failed, where there was one. */
  readonly lastError: string | undefined;
  /** Why it may not begin yet, where an interlock holds it. */
  readonly held: string | undefined;
  /** Why it may not begin at all, where its precondition is not known to be true. */
  readonly forbidden: string | undefined;
}

export type Decision =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'wait'; readonly until: number }
  /** Go back to RECEIVED: it is safe to begin again. */
  | { readonly kind: 'again' }
  /** It is with the device, as far as can be known: wait for what shows. */
  | { readonly kind: 'executing' }
  /** The boot id before was not known; this one is taken for it, and another one proves the reboot. */
  | { readonly kind: 'note-boot-id'; readonly bootId: string }
  | {
      readonly kind: 'finish';
      readonly state: FinalState;
      readonly reason?: string;
      readonly bootIdAfter?: string;
    };

/** What to do now with the oldest open command of a device. */
export function decide(journaled: JournaledCommand, facts: CommandFacts): Decision {
  switch (journaled.state) {
    case 'RECEIVED':
      return decideReceived(journaled, facts);
    case 'ATTEMPTING':
      return decideAttempting(journaled, facts);
    case 'EXECUTING':
      return decideExecuting(journaled, facts);
    default:
      return { kind: 'wait', until: Number.POSITIVE_INFINITY };
  }
}

function decideReceived({ command }: JournaledCommand, facts: CommandFacts): Decision {
  if (!facts.deviceKnown) {
    return rejected(commandReason('unknown-device', { device: command.deviceId }));
  }
  if (facts.now >= command.expiresAt) {
    return { kind: 'finish', state: 'EXPIRED', reason: whyExpired(facts).slice(0, reasonLengthMax) };
  }
  if (command.name === 'reboot' && facts.recentReboots >= rebootsInWindowMax) {
    const minutes = rebootWindowMilliseconds / 60_000;
    return rejected(commandReason('reboot-loop', { count: facts.recentReboots, minutes }));
  }
  if (command.name === 'set-point' && setPointOf(command) === undefined) {
    return rejected(commandReason('parameters-set-point'));
  }
  if (facts.held !== undefined) {
    return { kind: 'wait', until: Math.min(facts.now + heldLookMilliseconds, command.expiresAt) };
  }
  return facts.forbidden === undefined
    ? { kind: 'attempt' }
    : rejected(facts.forbidden.slice(0, reasonLengthMax));
}

function whyExpired({ held, lastError }: CommandFacts): string {
  if (held !== undefined) {
    return commandReason('expired-held', { cause: held });
  }
  return lastError === undefined
    ? commandReason('expired')
    : commandReason('expired-last-try', { cause: lastError });
}

function decideAttempting(journaled: JournaledCommand, facts: CommandFacts): Decision {
  if (facts.attemptUnderWay) {
    return { kind: 'wait', until: Number.POSITIVE_INFINITY };
  }
  if (journaled.command.name === 'reboot') {
    return { kind: 'executing' };
  }
  return journaled.command.idempotency === 'idempotent' ? { kind: 'again' } : interrupted;
}

function decideExecuting(journaled: JournaledCommand, facts: CommandFacts): Decision {
  const since = journaled.executingAt ?? facts.steadyNow;
  if (journaled.command.name === 'reboot') {
    return decideRebooting(journaled, facts, since);
  }
  const { issuedAt, expiresAt } = journaled.command;
  const until = since + Math.max(answerMillisecondsMax, expiresAt - issuedAt);
  return facts.steadyNow < until
    ? waitUntil(until, facts)
    : { kind: 'finish', state: 'TIMED_OUT', reason: commandReason('no-answer') };
}

function decideRebooting(journaled: JournaledCommand, facts: CommandFacts, since: number): Decision {
  const { bootIdBefore } = journaled;
  const { bootId } = facts;
  if (bootId !== undefined && bootIdBefore === undefined) {
    return { kind: 'note-boot-id', bootId };
  }
  if (bootId !== undefined && bootId !== bootIdBefore) {
    return { kind: 'finish', state: 'SUCCEEDED', bootIdAfter: bootId };
  }
  const until = since + facts.rebootMilliseconds;
  return facts.steadyNow < until
    ? waitUntil(until, facts)
    : {
        kind: 'finish',
        state: 'FAILED',
        reason: commandReason('no-reboot', { milliseconds: facts.rebootMilliseconds }),
      };
}

/** Until a steady time, told as the clock shows it now. */
const waitUntil = (steady: number, { now, steadyNow }: CommandFacts): Decision => ({
  kind: 'wait',
  until: now + steady - steadyNow,
});

/**
 * What becomes of commands that a restart of the gateway found with the device: its answer may have come while
 * nobody listened.
 */
export function decideAfterRestart(journaled: JournaledCommand): Decision | undefined {
  if (journaled.state !== 'EXECUTING' || journaled.command.name === 'reboot') {
    return undefined;
  }
  return journaled.command.idempotency === 'idempotent' ? { kind: 'again' } : interrupted;
}

/** The cloud's clock, which dates commands, and the gateway's differ by less. */
const clockDifferenceMillisecondsMax = 60_000;

/** Was it perhaps begun before the journal was lost, and must not be begun again? */
export function mayHaveBeenForgotten(command: Command, memoryLostAt: number | undefined): boolean {
  return (
    memoryLostAt !== undefined &&
    !mayBeRepeated(command) &&
    command.issuedAt <= memoryLostAt + clockDifferenceMillisecondsMax
  );
}

const interrupted: Decision = {
  kind: 'finish',
  state: 'FAILED',
  reason: commandReason('interrupted-restart'),
};

const rejected = (reason: string): Decision => ({ kind: 'finish', state: 'REJECTED', reason });

/** The point and value of a set-point command, or undefined where it lacks one. */
export function setPointOf(command: Command): { point: string; value: SignalValue } | undefined {
  const { point } = command.parameters;
  const value = plainParameter(command.parameters, 'value');
  return typeof point === 'string' && point !== '' && value !== undefined ? { point, value } : undefined;
}
