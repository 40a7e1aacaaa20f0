import { backoffMilliseconds } from '@andon/shared/kernel';
import type { SubmitOutcome } from './channel-adapter.ts';

export const messageStates = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'blocked',
  'unknown',
] as const;
export type MessageState = (typeof messageStates)[number];

const retryBaseMilliseconds = 2_000;
const retryCapMilliseconds = 15 * 60_000;
/** Who has not been reached within a day has found out some other way. */
export const retryForMilliseconds = 24 * 3_600_000;

/** What a message becomes; `nextAttemptAt` only where it waits for another attempt. */
export interface AfterAttempt {
  readonly state: MessageState;
  readonly reason: string | null;
  readonly nextAttemptAt: Date | null;
}

/** The state after an attempt, from its outcome. Pure; `random` in [0, 1) is for the jitter. */
export function afterAttempt(
  outcome: SubmitOutcome,
  message: { attempts: number; createdAt: Date },
  now: number,
  random: () => number,
): AfterAttempt {
  switch (outcome.kind) {
    case 'accepted':
      return { state: 'sent', reason: null, nextAttemptAt: null };
    case 'permanent':
      return { state: 'failed', reason: outcome.reason, nextAttemptAt: null };
    case 'unknown':
      return { state: 'unknown', reason: outcome.reason, nextAttemptAt: null };
    case 'temporary': {
      const wait = backoffMilliseconds(
        message.attempts - 1,
        { baseMilliseconds: retryBaseMilliseconds, capMilliseconds: retryCapMilliseconds },
        random,
      );
      if (now + wait > message.createdAt.getTime() + retryForMilliseconds) {
        return {
          state: 'failed',
          reason: `Given up after ${message.attempts} attempts within a day. ${outcome.reason}`,
          nextAttemptAt: null,
        };
      }
      return { state: 'queued', reason: outcome.reason, nextAttemptAt: new Date(now + wait) };
    }
  }
}

/** The state of a message from its parts: undelivered as soon as one part is, delivered when all are. */
export function stateOfParts(
  parts: readonly { readonly outcome: 'delivered' | 'undelivered' | null }[],
): 'sent' | 'delivered' | 'undelivered' {
  if (parts.some((part) => part.outcome === 'undelivered')) {
    return 'undelivered';
  }
  return parts.length > 0 && parts.every((part) => part.outcome === 'delivered') ? 'delivered' : 'sent';
}
