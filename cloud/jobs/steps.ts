import { AndonError } from '@andon/shared/kernel';
import { isTimeZone } from '../accounts/index.ts';
import { senderOf } from '../commands/index.ts';
import { appendEvent, type Principal, type Transaction } from '../platform/index.ts';
import { moveJob } from './advance.ts';
import { changedCategory } from './checked.ts';
import type { JobsGround } from './ground.ts';
import { devicesPerJobMax, type JobInput } from './schemas.ts';
import { fixTargets, refuseUnknownDevices, wouldDestroy } from './selection.ts';
import { afterStep, type JobStep, possibleSteps } from './state.ts';
import { insertJob, type JobRow, lockJob, planOf, updateDraft } from './store.ts';
import { listLeft } from './target-store.ts';

/** The user behind whoever calls: a person, or the one whom a program's key belongs to. */
function personOf(principal: Principal): string | null {
  const id = principal.kind === 'user' ? principal.id : principal.ownerId;
  return id === undefined ? null : `user:${id}`;
}

/** Whoever calls, and the person behind a program. */
export function writersOf(principal: Principal): string[] {
  const person = personOf(principal);
  return [principal.actor, ...(person === null ? [] : [person])];
}

/** Whether what somebody writes into a draft is destructive now; what it is at the end, its submission says. */
async function isDestructive(
  transaction: Transaction,
  { command, parameters = {}, selection }: JobInput,
  principal: Principal,
  earlierWriters: readonly string[] = [],
): Promise<boolean> {
  const writers = [...earlierWriters, ...writersOf(principal)];
  const order = { command, parameters, sender: senderOf(principal), writers };
  const [destructive = false] = await wouldDestroy(transaction, [{ selection, order }]);
  return destructive;
}

export async function makeJob(
  transaction: Transaction,
  ground: JobsGround,
  principal: Principal,
  input: JobInput,
): Promise<string> {
  refuseTimeZone(input);
  await refuseUnknownDevices(transaction, input.selection);
  const { platform } = ground;
  const [id, now] = [platform.newId(), new Date(platform.clock.now())];
  const { actor } = principal;
  const destructive = await isDestructive(transaction, input, principal);
  await insertJob(transaction, { id, input, destructive, actor, person: personOf(principal), now });
  await appendEvent(transaction, {
    type: 'job.created',
    key: id,
    payload: { jobId: id, ...input },
    actor,
    occurredAt: now,
  });
  return id;
}

/** A draft like a job that has ended, for the devices that it did not succeed at. */
export async function makeJobForTheRest(
  transaction: Transaction,
  ground: JobsGround,
  principal: Principal,
  id: string,
): Promise<string> {
  const job = await lockJob(transaction, id);
  if (possibleSteps(job.state).length > 0) {
    throw new AndonError({
      code: 'jobs.not-ended',
      message: `The job is ${job.state} and has not ended.`,
      nextStep: 'Wait until it ends, or cancel it.',
      status: 409,
      details: { state: job.state },
    });
  }
  const deviceIds = await listLeft(transaction, id, devicesPerJobMax);
  if (deviceIds.length === 0) {
    throw new AndonError({
      code: 'jobs.nothing-left',
      message: 'The job succeeded at all its devices.',
      nextStep: 'Make a new job if the command is wanted again.',
      status: 409,
    });
  }
  const plan = planOf(job);
  return makeJob(transaction, ground, principal, {
    name: job.name,
    command: job.command,
    parameters: job.parameters,
    expiresInSeconds: job.expires_in_seconds,
    selection: { deviceIds },
    ...plan,
    window: job.time_window,
  });
}

export async function editJob(
  transaction: Transaction,
  ground: JobsGround,
  principal: Principal,
  edit: { id: string; expectedVersion: number; input: JobInput },
): Promise<void> {
  refuseTimeZone(edit.input);
  await refuseUnknownDevices(transaction, edit.input.selection);
  const job = await lockJob(transaction, edit.id, edit.expectedVersion);
  if (job.state !== 'draft') {
    throw new AndonError({
      code: 'jobs.no-draft-any-more',
      message: `The job is ${job.state}, and only a draft is edited.`,
      nextStep: job.state === 'awaiting-approval' ? 'Send it back first.' : 'Make a new job.',
      status: 409,
    });
  }
  const now = new Date(ground.platform.clock.now());
  const { actor } = principal;
  const destructive = await isDestructive(transaction, edit.input, principal, job.written_by);
  await updateDraft(transaction, { ...edit, destructive, actor, person: personOf(principal), now });
  await appendEvent(transaction, {
    type: 'job.changed',
    key: job.id,
    payload: { jobId: job.id, ...edit.input },
    actor,
    occurredAt: now,
  });
}

/** @throws AndonError where the step is not possible now (409), or not for whoever asks (403). */
export async function takeStep(
  transaction: Transaction,
  ground: JobsGround,
  principal: Principal,
  asked: { id: string; step: JobStep; reason: string | null; expectedVersion?: number },
): Promise<void> {
  const job = await lockJob(transaction, asked.id, asked.expectedVersion);
  const { step } = asked;
  if (!possibleSteps(job.state).includes(step)) {
    throw new AndonError({
      code: 'jobs.step-not-possible',
      message: `A job that is ${job.state} cannot ${step}.`,
      nextStep: `Possible now: ${possibleSteps(job.state).join(', ') || 'nothing, it has ended'}.`,
      status: 409,
      details: { state: job.state },
    });
  }
  const now = new Date(ground.platform.clock.now());
  const move = { reason: asked.reason, actor: principal.actor, now };
  if (step === 'submit') {
    refuseWhoMayNotSend(principal);
    const fixed = await fixTargets(transaction, ground.dependencies.devices, {
      id: job.id,
      selection: job.selection,
      order: {
        command: job.command,
        parameters: job.parameters,
        sender: senderOf(principal),
        writers: [...job.written_by, ...writersOf(principal)],
      },
      now,
    });
    const { destructive, checked } = fixed;
    const to = afterStep(job.state, step, destructive) ?? job.state;
    await moveJob(transaction, job, {
      ...move,
      to,
      submission: { destructive, checked, actor: principal.actor, person: personOf(principal) },
      told: { devices: fixed.devices, destructive },
    });
    return;
  }
  if (step === 'approve' || step === 'resume') {
    await refuseChanged(transaction, ground, job);
  }
  const approval = step === 'approve' ? { approvedBy: approverOf(job, principal) } : {};
  const to = afterStep(job.state, step, job.destructive) ?? job.state;
  await moveJob(transaction, job, { ...move, ...approval, to, told: { step } });
}

/** What is approved or goes on is what was submitted. */
async function refuseChanged(transaction: Transaction, ground: JobsGround, job: JobRow): Promise<void> {
  const categoryIds = Object.keys(job.checked ?? {});
  const changed = await changedCategory(transaction, ground.dependencies.devices, job, categoryIds);
  if (changed !== undefined) {
    throw new AndonError({
      code: 'jobs.command-changed',
      message: `The category ${changed} says something else of ${job.command} than when the job was submitted.`,
      nextStep:
        job.state === 'awaiting-approval'
          ? 'Send the job back, look at it and submit it again.'
          : 'Cancel the job, make it again for the rest of its devices, and submit that.',
      status: 409,
    });
  }
}

/** A job sends commands, so whoever sets it going may send them. */
function refuseWhoMayNotSend(principal: Principal): void {
  if (!principal.permissions.has('commands:send')) {
    throw new AndonError({
      code: 'jobs.submitter-may-not-send',
      message: `${principal.name} may not submit a job: it needs commands:send.`,
      nextStep: 'Ask somebody who may send commands to submit it.',
      status: 403,
      details: { permission: 'commands:send' },
    });
  }
}

/** Two persons for what is destructive: somebody else than those who wrote or submitted it, and no program. */
function approverOf(job: JobRow, principal: Principal): string {
  if (principal.kind !== 'user') {
    throw new AndonError({
      code: 'jobs.approval-is-a-persons',
      message: 'A program cannot approve a job.',
      nextStep: 'Let a person approve it in the console.',
      status: 403,
    });
  }
  if (job.written_by.includes(principal.actor)) {
    throw new AndonError({
      code: 'jobs.maker-cannot-approve',
      message: 'Whoever made, changed or submitted the job cannot approve it.',
      nextStep: 'Ask another person who may run jobs.',
      status: 403,
    });
  }
  return principal.actor;
}

function refuseTimeZone({ window }: JobInput): void {
  if (window && !isTimeZone(window.timeZone)) {
    throw new AndonError({
      code: 'jobs.no-such-time-zone',
      message: `There is no time zone ${window.timeZone}.`,
      nextStep: 'Give one of the IANA database, such as America/Bogota.',
      field: 'window.timeZone',
      status: 422,
    });
  }
  if (window && window.weekly.length === 0) {
    throw new AndonError({
      code: 'jobs.window-never-open',
      message: 'The window has no hours, so the job would never send.',
      nextStep: 'Name some hours, or no window.',
      field: 'window.weekly',
      status: 422,
    });
  }
}
