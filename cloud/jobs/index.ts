/**
 * Jobs: one command to many devices, a few at a time.
 *
 * A person makes a draft: which devices (by category, gateway, account, site, tags or a list), which command, how fast
 * (devices a minute, commands at one time), how carefully (a canary that goes first, a share of failures that stops
 * it) and when (a weekly window in the job's or each device's time zone). Submitting fixes the devices. States:
 *
 *   draft → awaiting-approval (where the command is destructive) → running ⇄ paused → completed, stopped or cancelled
 *
 * A device waits, is sent its command, and has succeeded or failed as the command did; or it is skipped, with the
 * reason. One that must be left alone for now (a technician is there or booked, the customer's hours, the window, its
 * queue is full) waits and is looked at again. Who is there is told by a port: work orders stand to the right.
 *
 * Invariants: a destructive job, or one with a command that those who made it called harmless themselves, runs only
 * if another person than those who wrote it approved it (checks in the database); a command expires with the hours in
 * which it was sent, and before a technician comes; what is sent is what was submitted, and a job whose command became another is paused; a job
 * sends one command to a device (a unique index), and a person alone tries it again, by
 * the same hours and visits unless they name what they know of; never more in any minute, at one
 * time or after too many failures than the job says.
 *
 * May go wrong: the process ends in the middle: a device and its command are committed together, and the next look
 * goes on from there. Two processes look at once: each passes over the job that the other has locked.
 */
import type { HoldsOfDevice } from '../commands/index.ts';
import type { Capability, Platform } from '../platform/index.ts';
import { advanceJobs } from './advance.ts';
import type { JobsDependencies, JobsGround, NextVisits } from './ground.ts';
import { holdsOfDevice } from './holds-of-device.ts';
import { jobChangeRoutes, jobRoutes } from './routes.ts';
import { followRetry } from './target-store.ts';

export type { JobsDependencies, NextVisits } from './ground.ts';
export { Job, JobTarget } from './schemas.ts';

export interface Jobs extends Capability {
  /** What speaks against touching a device now: for commands that people send by hand. */
  readonly holdsOfDevice: HoldsOfDevice;
  /** Who knows of technicians' visits brings it here. */
  plug(ports: { nextVisits: NextVisits }): void;
}

const lookMilliseconds = 1000;

export function createJobs(platform: Platform, dependencies: JobsDependencies): Jobs {
  const ground: JobsGround = { platform, dependencies, nextVisits: async () => new Map() };
  return {
    name: 'jobs',
    holdsOfDevice: (database, question) => holdsOfDevice(database, ground, question),
    plug(ports) {
      ground.nextVisits = ports.nextVisits;
    },
    routes(app) {
      jobRoutes(app, ground);
      jobChangeRoutes(app, ground);
    },
    subscriptions: [
      {
        name: 'jobs',
        types: ['command.state-changed'],
        async handle(transaction, event) {
          const { commandId, retryOf, jobId } = event.payload;
          if (typeof retryOf === 'string' && typeof jobId === 'string' && typeof commandId === 'string') {
            await followRetry(transaction, { retryOf, commandId, at: event.occurredAt });
          }
        },
      },
    ],
    tasks: [
      {
        name: 'jobs',
        everyMilliseconds: lookMilliseconds,
        wakesOn: ['job.', 'command.'],
        run: () => advanceJobs(ground),
      },
    ],
  };
}
