import { commandReason } from '@andon/shared/contracts';
import { type BackgroundTask, inTransaction, type Platform } from '../platform/index.ts';
import { takeWords } from './progress.ts';
import { lockOverdue } from './store.ts';

/** How long after `expiresAt` the gateway's own word about a command that it has not begun is waited for. */
export const unstartedGraceMilliseconds = 15_000;
/** The same for one that it has begun: a reboot may take an hour, and the word some time. */
export const startedGraceMilliseconds = 65 * 60_000;
const commandsPerRunMax = 100;

/**
 * Gives up commands of which nothing was heard. That is final here: what somebody decided because of it (a case)
 * would not be undone by a later word, which is kept as `late`.
 */
export function expiryTask(platform: Platform): BackgroundTask {
  return {
    name: 'commands-expiry',
    everyMilliseconds: 1000,
    run: () =>
      inTransaction(platform.database, async (transaction) => {
        const now = platform.clock.now();
        const overdue = await lockOverdue(
          transaction,
          {
            unstarted: new Date(now - unstartedGraceMilliseconds),
            started: new Date(now - startedGraceMilliseconds),
          },
          commandsPerRunMax,
        );
        await takeWords(
          transaction,
          overdue,
          overdue.map((row) =>
            row.state === 'ACCEPTED' || row.state === 'EXECUTING'
              ? {
                  commandId: row.id,
                  state: 'TIMED_OUT',
                  at: now,
                  reason: commandReason('no-word-begun'),
                }
              : {
                  commandId: row.id,
                  state: 'EXPIRED',
                  at: now,
                  reason: commandReason('no-word-not-begun'),
                },
          ),
          { actor: 'system:commands', now: new Date(now) },
        );
        return overdue.length;
      }),
  };
}
