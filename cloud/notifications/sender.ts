import { backoffMilliseconds, jitter } from '@andon/shared/kernel';
import type { Channel } from '../consent/index.ts';
import type { BackgroundTask, Platform } from '../platform/index.ts';
import {
  claimNext,
  finishAttempt,
  leaseRenewalMilliseconds,
  recoverAbandoned,
  renewLeases,
} from './attempts.ts';
import type { ChannelAdapter, SubmitOutcome } from './channel-adapter.ts';
import type { MessageRow } from './tables.ts';

const inFlightMax = 20;
const commitTriesMax = 8;

export interface Sender {
  readonly task: BackgroundTask;
  /** Resolves when nothing is on the wire. */
  idle(): Promise<void>;
}

/**
 * Sends what is queued. Each attempt is committed before the wire is touched, and its outcome after; a process that
 * dies in between leaves a lease that runs out.
 */
export function createSender(platform: Platform, adapters: readonly ChannelAdapter[]): Sender {
  const owner = platform.newId();
  const byChannel = new Map<Channel, ChannelAdapter>(adapters.map((adapter) => [adapter.channel, adapter]));
  const inFlight = new Set<Promise<void>>();
  let renewal: NodeJS.Timeout | undefined;

  const send = async (message: MessageRow, number: number): Promise<void> => {
    const outcome = await submit(byChannel.get(message.channel), message);
    await commitOutcome(platform, { messageId: message.id, number }, outcome);
  };
  const launch = (message: MessageRow, number: number): void => {
    renewal ??= setInterval(() => {
      renewLeases(platform.database, owner).catch((error: unknown) =>
        platform.logger.warn({ err: error }, 'the leases of messages could not be renewed'),
      );
    }, leaseRenewalMilliseconds);
    const sending = send(message, number)
      .catch((error: unknown) =>
        platform.logger.error({ err: error, messageId: message.id }, 'an outcome could not be committed'),
      )
      .finally(() => {
        inFlight.delete(sending);
        if (inFlight.size === 0) {
          clearInterval(renewal);
          renewal = undefined;
        }
      });
    inFlight.add(sending);
  };

  return {
    task: {
      name: 'notifications.sender',
      everyMilliseconds: 1_000,
      wakesOn: ['message.'],
      async run() {
        let done = await recoverAbandoned(platform);
        while (inFlight.size < inFlightMax) {
          const claim = await claimNext(platform, owner);
          if (claim === 'none') {
            break;
          }
          if (claim !== 'blocked') {
            launch(claim.message, claim.attempt);
          }
          done += 1;
        }
        return done;
      },
    },
    async idle() {
      await Promise.all(inFlight);
    },
  };
}

async function submit(adapter: ChannelAdapter | undefined, message: MessageRow): Promise<SubmitOutcome> {
  if (adapter === undefined || message.recipient === null) {
    return { kind: 'permanent', reason: `There is no way set up to send ${message.channel}.` };
  }
  try {
    return await adapter.submit({
      messageId: message.id,
      to: message.recipient,
      subject: message.subject,
      text: message.text,
      html: message.html,
    });
  } catch (error) {
    // An adapter never rejects; if one does, nobody knows what went out.
    return { kind: 'unknown', reason: `The sending broke off: ${String(error)}` };
  }
}

/** Keeps trying while the database is away; what it could not tell in the end shows as `unknown`. */
async function commitOutcome(
  platform: Platform,
  attempt: { messageId: string; number: number },
  outcome: SubmitOutcome,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await finishAttempt(platform, attempt, outcome, jitter);
      return;
    } catch (error) {
      if (tries >= commitTriesMax) {
        throw error;
      }
      const wait = backoffMilliseconds(tries, { baseMilliseconds: 100, capMilliseconds: 5_000 }, jitter);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
