import { commandReason } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { commandSecondsMax } from '../devices/index.ts';
import { appendEvent, appendEvents, inTransaction, sql, type Transaction } from '../platform/index.ts';
import { changedCategory } from './checked.ts';
import type { JobsGround } from './ground.ts';
import { type Candidate, type Hold, holdOf, openUntil } from './holds.ts';
import { decide } from './pace.ts';
import { recallCommands } from './recall.ts';
import type { JobState } from './state.ts';
import { changeState, type JobRow, lockRunningJob, planOf, runningJobs, type Submission } from './store.ts';
import {
  type CandidateRow,
  candidatesOf,
  collectResults,
  holdTargets,
  markSent,
  markSkipped,
  progressOf,
  skipWaiting,
} from './target-store.ts';

export const ownActor = 'system:jobs';

/** Each holds the rows of a gateway for a moment, and uplinks of these gateways wait. */
const sendsPerTransactionMax = 25;
const candidatesPerLookMax = 200;
const holdMilliseconds = 30_000;

/**
 * One step of everything: results are taken over, and each running job sends what it may. Takes no input; two
 * processes that do it at once pass over each other's jobs. Answers how much it did.
 */
export async function advanceJobs(ground: JobsGround): Promise<number> {
  const { database } = ground.platform;
  const { rows } = await sql`
    select 1 from jobs where state = 'running'
    union all select 1 from job_targets where state = 'sent' limit 1`.execute(database);
  if (rows.length === 0) {
    return 0;
  }
  let done = await inTransaction(database, (transaction) => takeResults(transaction, ground));
  const errors: unknown[] = [];
  try {
    done += await recallCommands(ground, ownActor);
  } catch (error) {
    errors.push(error);
  }
  for (const jobId of await runningJobs(database)) {
    try {
      done += await inTransaction(database, (transaction) => advanceJob(transaction, ground, jobId));
    } catch (error) {
      // The other jobs go on meanwhile; whoever runs us tells of it, and looks again.
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw errors[0];
  }
  return done;
}

async function takeResults(transaction: Transaction, ground: JobsGround): Promise<number> {
  const now = new Date(ground.platform.clock.now());
  const jobIds = await collectResults(transaction, now);
  await appendEvents(
    transaction,
    jobIds.map((jobId) => ({
      type: 'job.progressed',
      key: jobId,
      payload: { jobId },
      actor: ownActor,
      occurredAt: now,
    })),
  );
  return jobIds.length;
}

async function advanceJob(transaction: Transaction, ground: JobsGround, jobId: string): Promise<number> {
  const job = await lockRunningJob(transaction, jobId);
  if (job === undefined) {
    return 0;
  }
  const now = ground.platform.clock.now();
  const decision = decide(planOf(job), await progressOf(transaction, jobId, now), now);
  switch (decision.kind) {
    case 'wait':
      return 0;
    case 'complete':
      await moveJob(transaction, job, { to: 'completed', reason: null, actor: ownActor, now: new Date(now) });
      return 1;
    case 'stop':
      await moveJob(transaction, job, {
        to: 'stopped',
        reason: decision.reason,
        actor: ownActor,
        now: new Date(now),
      });
      return 1;
    case 'send':
      return sendSome(transaction, ground, job, Math.min(decision.atMost, sendsPerTransactionMax));
  }
}

/** Changes a job's state, and tells of it. */
export async function moveJob(
  transaction: Transaction,
  job: Pick<JobRow, 'id' | 'name' | 'state' | 'command'>,
  move: {
    to: JobState;
    reason: string | null;
    actor: string;
    now: Date;
    submission?: Submission;
    approvedBy?: string;
    told?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { actor, told, ...change } = move;
  await changeState(transaction, { id: job.id, ...change });
  if (move.to === 'stopped' || move.to === 'cancelled') {
    await skipWaiting(transaction, job.id, `job-${move.to}`, move.now);
  }
  await appendEvent(transaction, {
    type: 'job.state-changed',
    key: job.id,
    payload: {
      jobId: job.id,
      name: job.name,
      command: job.command,
      from: job.state,
      to: move.to,
      reason: move.reason,
      ...told,
    },
    actor,
    occurredAt: move.now,
  });
}

/** Sends to the first that may be touched now; the others are looked at again later. */
async function sendSome(
  transaction: Transaction,
  ground: JobsGround,
  job: JobRow,
  atMost: number,
): Promise<number> {
  const now = new Date(ground.platform.clock.now());
  const { rows: candidates } = await candidatesOf(job.id, now, candidatesPerLookMax).execute(transaction);
  const looks = await lookAt(transaction, ground, job, candidates, now);
  const chosen = looks.filter((look) => look.hold === undefined).slice(0, atMost);
  const holds: { deviceId: string; reason: string }[] = looks.flatMap(({ candidate, hold }) =>
    hold === undefined ? [] : [{ deviceId: candidate.device_id, reason: hold }],
  );
  // In one order everywhere: a job that waits for a gateway's row holds none that a lower one needs.
  const inOrder = chosen
    .map(({ candidate, place }) => ({
      ...candidate,
      expires_by: openUntil(job.time_window, place, now.getTime(), now.getTime() + commandSecondsMax * 1000),
    }))
    .sort((a, b) => compare(a.gateway_id, b.gateway_id) || compare(a.device_id, b.device_id));
  const sent = await send(transaction, ground, job, inOrder, now);
  if (sent === 'pause') {
    return 1;
  }
  holds.push(...sent);
  await holdTargets(transaction, job.id, holds, new Date(now.getTime() + holdMilliseconds));
  return chosen.length + holds.length;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function lookAt(
  transaction: Transaction,
  ground: JobsGround,
  job: JobRow,
  candidates: readonly CandidateRow[],
  now: Date,
): Promise<{ candidate: CandidateRow; place: Candidate; hold: Hold | undefined }[]> {
  const visits = await ground.nextVisits(
    transaction,
    candidates.map((row) => ({ deviceId: row.device_id, assetId: row.asset_id })),
    now,
  );
  const hours = await ground.dependencies.accounts.hoursOfPlaces(
    transaction,
    candidates.map((row) => ({ accountId: row.account_id, siteId: row.site_id })),
  );
  return candidates.map((candidate, index) => {
    const place = {
      timeZone: candidate.time_zone,
      customerHours: hours[index],
      visitAt: visits.get(candidate.device_id)?.getTime() ?? null,
    };
    return { candidate, place, hold: holdOf(job.time_window, place, now.getTime()) };
  });
}

/** `expires_by`: its hours end then, in epoch milliseconds. */
type Chosen = CandidateRow & { readonly expires_by: number };

/** Answers which of them wait on and why, or `pause` where the whole job does. */
async function send(
  transaction: Transaction,
  ground: JobsGround,
  job: JobRow,
  candidates: readonly Chosen[],
  now: Date,
): Promise<{ deviceId: string; reason: Hold }[] | 'pause'> {
  const { devices, commands } = ground.dependencies;
  // A device that is of another category by now is not what anybody looked at; the others are not kept up by it.
  const moved = candidates.filter(
    ({ category_id: id }) => job.checked !== null && !Object.hasOwn(job.checked, id),
  );
  const known = candidates.filter((candidate) => !moved.includes(candidate));
  const changed = await changedCategory(
    transaction,
    devices,
    job,
    known.map(({ category_id: id }) => id),
  );
  if (changed !== undefined) {
    const reason = commandReason('command-changed', { category: changed, command: job.command });
    await moveJob(transaction, job, { to: 'paused', reason, actor: ownActor, now });
    return 'pause';
  }
  const outcomes = await commands.issueAll(
    transaction,
    known.map((candidate) => ({
      deviceId: candidate.device_id,
      name: job.command,
      parameters: job.checked?.[candidate.category_id]?.parameters ?? job.parameters,
      expiresInSeconds: job.expires_in_seconds ?? undefined,
      expiresBy: candidate.expires_by,
      actor: job.created_by,
      // Whoever submitted the job was asked then whether they may send it.
      sender: 'cloud' as const,
      job: { id: job.id, mayDestroy: job.approved_by !== null },
    })),
  );
  const sent: { deviceId: string; commandId: string }[] = [];
  const skipped = moved.map(({ device_id: deviceId }) => ({ deviceId, reason: 'category-changed' }));
  const holds: { deviceId: string; reason: Hold }[] = [];
  let reasonToPause: string | undefined;
  for (const [index, { device_id: deviceId }] of known.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) {
      throw new Error(`the order for ${deviceId} was not answered`);
    }
    if (!(outcome instanceof AndonError)) {
      sent.push({ deviceId, commandId: outcome.commandId });
    } else if (outcome.code === 'commands.queue-full') {
      holds.push({ deviceId, reason: 'queue-full' });
    } else if (outcome.code === 'commands.destructive-without-approval') {
      reasonToPause = `${outcome.code}: ${outcome.message}`;
    } else {
      skipped.push({ deviceId, reason: reasonToSkip(outcome) });
    }
  }
  await markSent(transaction, job.id, sent, now);
  await markSkipped(transaction, job.id, skipped, now);
  if (reasonToPause !== undefined) {
    await moveJob(transaction, job, { to: 'paused', reason: reasonToPause, actor: ownActor, now });
    return 'pause';
  }
  return holds;
}

function reasonToSkip({ code, message }: AndonError): string {
  return code === 'commands.device-unregistered' || code === 'commands.device-out-of-service'
    ? 'not-in-service'
    : `${code}: ${message}`;
}
