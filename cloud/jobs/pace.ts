import { commandReason } from '@andon/shared/contracts';

/** How fast a job goes, and when it stops by itself. */
export interface JobPlan {
  /** Devices in any minute. */
  readonly ratePerMinute: number;
  /** Commands that have not ended, at one time. */
  readonly concurrencyMax: number;
  /** So many go first; the rest only when all of them have succeeded. 0: no canary. */
  readonly canaryCount: number;
  /** Stops when more than this share of those that have ended, if that are so many, did not succeed. */
  readonly stop: { readonly failurePercent: number; readonly atLeast: number } | null;
}

/** How far it has come. Skipped devices count nowhere. */
export interface JobProgress {
  readonly waiting: number;
  readonly inFlight: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of those sent, in the minute that ends now. */
  readonly sentInLastMinute: number;
  /** Epoch milliseconds; null before the first. */
  readonly lastSentAt: number | null;
}

export type Decision =
  | { readonly kind: 'complete' }
  | { readonly kind: 'stop'; readonly reason: string }
  /** At most so many may be sent now. */
  | { readonly kind: 'send'; readonly atMost: number }
  | { readonly kind: 'wait'; readonly reason: 'results' | 'canary' | 'concurrency' | 'rate' };

const minuteMilliseconds = 60_000;

/** What a running job does now. */
export function decide(plan: JobPlan, progress: JobProgress, now: number): Decision {
  if (progress.waiting === 0) {
    return progress.inFlight === 0 ? { kind: 'complete' } : { kind: 'wait', reason: 'results' };
  }
  const stopReason = reasonToStop(plan, progress);
  if (stopReason !== undefined) {
    return { kind: 'stop', reason: stopReason };
  }
  const canary = roomOfCanary(plan, progress);
  if (canary <= 0) {
    return { kind: 'wait', reason: 'canary' };
  }
  const concurrency = plan.concurrencyMax - progress.inFlight;
  if (concurrency <= 0) {
    return { kind: 'wait', reason: 'concurrency' };
  }
  const rate = roomOfRate(plan, progress, now);
  if (rate <= 0) {
    return { kind: 'wait', reason: 'rate' };
  }
  return { kind: 'send', atMost: Math.min(progress.waiting, canary, concurrency, rate) };
}

function everSent({ inFlight, succeeded, failed }: JobProgress): number {
  return inFlight + succeeded + failed;
}

function reasonToStop({ canaryCount, stop }: JobPlan, progress: JobProgress): string | undefined {
  const { succeeded, failed } = progress;
  if (canaryCount > 0 && failed > 0 && everSent(progress) <= canaryCount) {
    return commandReason('canary-failed', { count: canaryCount, failed });
  }
  const ended = succeeded + failed;
  if (stop !== null && ended >= stop.atLeast && failed * 100 > stop.failurePercent * ended) {
    return commandReason('too-many-failures', { failed, count: ended, percent: stop.failurePercent });
  }
  return undefined;
}

function roomOfCanary({ canaryCount }: JobPlan, progress: JobProgress): number {
  const sent = everSent(progress);
  if (sent < canaryCount) {
    return canaryCount - sent;
  }
  return sent > canaryCount || progress.succeeded >= canaryCount ? Number.POSITIVE_INFINITY : 0;
}

/** So many seconds' worth go at one time at the most, however long nothing went before. */
const burstSecondsMax = 2;

/** Spread over the minute, so that a rate of 60 is one each second and no burst of 60, also not after a pause. */
function roomOfRate({ ratePerMinute }: JobPlan, progress: JobProgress, now: number): number {
  const ofMinute = ratePerMinute - progress.sentInLastMinute;
  const sinceLast =
    progress.lastSentAt === null
      ? Math.ceil(ratePerMinute / 60)
      : Math.floor((ratePerMinute * (now - progress.lastSentAt)) / minuteMilliseconds);
  return Math.min(ofMinute, sinceLast, Math.ceil((ratePerMinute * burstSecondsMax) / 60));
}
