import { type CommandState, type CommandUpdate, commandReason } from '@andon/shared/contracts';

/** How far each state is; the last six are final. */
const rank: Readonly<Record<CommandState, number>> = {
  QUEUED: 0,
  SENT: 1,
  DELIVERED: 2,
  ACCEPTED: 3,
  EXECUTING: 4,
  SUCCEEDED: 5,
  FAILED: 5,
  TIMED_OUT: 5,
  EXPIRED: 5,
  REJECTED: 5,
  CANCELLED: 5,
};

export function isFinal(state: CommandState): boolean {
  return rank[state] === rank.SUCCEEDED;
}

/**
 * May a command go from one state to the other? Forward only, steps may be left out, and from a final state
 * nowhere: what comes late or twice is history.
 */
export function mayBecome(from: CommandState, to: CommandState): boolean {
  return !isFinal(from) && rank[to] > rank[from];
}

/** What of a command its states are decided by. */
export interface CommandProgress {
  readonly name: string;
  readonly state: CommandState;
  readonly reason: string | null;
  readonly bootIdBefore: string | null;
  readonly bootIdAfter: string | null;
  readonly result: NonNullable<CommandUpdate['result']> | null;
  readonly late: { readonly state: CommandState; readonly reason: string | null; readonly at: number } | null;
}

/** What is said of a command: by its gateway, or here (`SENT`, or that it is given up). `at` in epoch milliseconds. */
export interface CommandWord
  extends Pick<CommandUpdate, 'at' | 'reason' | 'bootIdBefore' | 'bootIdAfter' | 'result'> {
  readonly state: CommandUpdate['state'] | 'SENT';
}

/**
 * Takes a word in. `tookEffect` says whether the state changed. A final word that contradicts the final
 * state here (the gateway was cut off, the command was given up, and then it had succeeded) is kept as `late`.
 */
export function takeWord(
  before: CommandProgress,
  word: CommandWord,
): { after: CommandProgress; tookEffect: boolean } {
  const told = {
    ...before,
    bootIdBefore: word.bootIdBefore ?? before.bootIdBefore,
    bootIdAfter: word.bootIdAfter ?? before.bootIdAfter,
  };
  const verdict = before.name === 'reboot' && word.state === 'SUCCEEDED' ? judgeReboot(told) : undefined;
  const state = verdict === undefined ? word.state : 'FAILED';
  const reason = verdict ?? word.reason ?? null;
  if (mayBecome(before.state, state)) {
    return { after: { ...told, state, reason, result: word.result ?? before.result }, tookEffect: true };
  }
  if (isFinal(state) && state !== before.state && before.late === null) {
    return { after: { ...told, late: { state, reason, at: word.at } }, tookEffect: false };
  }
  return { after: told, tookEffect: false };
}

/** Why a reboot that is said to have succeeded has not; undefined where it has. */
function judgeReboot(told: { bootIdBefore: string | null; bootIdAfter: string | null }): string | undefined {
  if (told.bootIdAfter === null || told.bootIdBefore === null) {
    return commandReason('boot-id-unknown');
  }
  if (told.bootIdAfter === told.bootIdBefore) {
    return commandReason('same-boot-id', { bootId: told.bootIdAfter });
  }
  return undefined;
}
