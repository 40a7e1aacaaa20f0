/**
 * Escalations: from an alert to its remedy, and else to people, once.
 *
 * A fault episode is one device with one error code (without a code: with one alert rule), from its first alert on.
 * States: `open`, `remedying` (a remedy of the policy's rule is under way, or waited for), `verifying` (it succeeded;
 * the alert must clear and stay clear), `remedied`, `unremedied`, `case-opened`, `work-order-opened` (a technician is
 * sent, without a case). The rule is data, copied when the episode begins, so that an edit does not confuse what is
 * under way. A journey may ask for a case by the trigger `case-creation`: while a remedy is tried the wish is remembered
 * with its priority; where no rule covers the fault, the case opens at once. A person may open the case by hand at any
 * time, and try a remedy of one's own where none is under way. The episode is over when the fault is remedied, its case
 * is closed, or its work order without a case ends; until then further alerts of the fault join it.
 *
 * An alert that was told late (a backlog, a recording) may be of a past that is over: its episode stays `open` and does
 * nothing until the device's data have come up to the present or ended, or an hour has passed (`backlog.ts`). Where the
 * alert clears meanwhile, nobody is told of it.
 *
 * A remedy helped where a reading of GOOD quality ended the alert after the device had begun it. What ended before that is
 * closed and nobody's success; what nothing measured has ended (its rule is gone) is given up, to whom the rule names.
 *
 * Invariants: a fault has one episode at a time, and an episode one case (unique indexes); it tries its remedy as
 * often as the policy says; whatever is delivered twice, late or out of order changes nothing; every episode ends
 * when time passes. Decisions are pure (`episode.ts`); the shell locks the episode's row, stores what it becomes and
 * acts, in one transaction. Time is a column, `due_at`, that a task rescans.
 *
 * Alerts whose rule tries nothing are taken up together, as many as come at a time (`together.ts`): the same decisions, stored by a few
 * statements for all.
 *
 * What may go wrong: time cannot pass for one episode: it is put off, the others go on. The command cannot be issued (the queue is full): that is a remedy that failed. Two workers at
 * once: one waits at the row or at the index, and joins what the other has begun.
 */
import {
  type BackgroundTask,
  type Capability,
  doOrPutOff,
  inTransaction,
  type Platform,
  type Transaction,
} from '../platform/index.ts';
import { type EscalationsDependencies, type EscalationsGround, ownActor } from './ground.ts';
import { registerRoutes } from './routes.ts';
import { happen } from './run.ts';
import { endPuttingOff, lockDue, putOff, type StoredEpisode } from './store.ts';
import { episodesSubscription } from './subscription.ts';

export type { EscalationsDependencies } from './ground.ts';
export { Escalation } from './schemas.ts';

export function createEscalations(platform: Platform, dependencies: EscalationsDependencies): Capability {
  const ground = { platform, dependencies };
  return {
    name: 'escalations',
    routes: (app) => registerRoutes(app, ground),
    subscriptions: [episodesSubscription(ground)],
    tasks: [dueTask(ground)],
  };
}

/** Lets time pass for one episode after the other, each in a transaction of its own. */
function dueTask(ground: EscalationsGround): BackgroundTask {
  const { platform } = ground;
  return {
    name: 'escalations-due',
    everyMilliseconds: 500,
    run: () =>
      inTransaction(platform.database, async (transaction) => {
        const stored = await lockDue(transaction, new Date(platform.clock.now()));
        if (stored === undefined) {
          return 0;
        }
        await letTimePass(transaction, ground, stored);
        return 1;
      }),
  };
}

/** Behind a savepoint: one episode that fails keeps no other from its case. */
async function letTimePass(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
): Promise<void> {
  const { clock, logger } = ground.platform;
  await doOrPutOff(
    transaction,
    async () => {
      await happen(transaction, ground, stored, { type: 'time-passed' }, { actor: ownActor });
      await endPuttingOff(transaction, stored.id);
    },
    async (error) => {
      await putOff(transaction, stored.id, new Date(clock.now()));
      logger.error({ err: error, escalationId: stored.id }, 'time could not pass for an escalation');
    },
  );
}
