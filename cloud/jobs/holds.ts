import { type CustomerHours, hoursLastUntil, type WeeklyHours } from '../accounts/index.ts';
import type { HoldReason } from '../commands/index.ts';

/** When a job may act. */
export interface TimeWindow {
  /** By whose clock: each device's own, where it or its site has a time zone, or the job's. */
  readonly zone: 'device' | 'job';
  /** IANA; of the job, and of devices whose own is not known. */
  readonly timeZone: string;
  readonly weekly: WeeklyHours;
}

export interface Candidate {
  /** IANA, of the device or its site. */
  readonly timeZone: string | null;
  readonly customerHours: CustomerHours | undefined;
  /** When a technician comes to the machine, or came who is still there, in epoch milliseconds; null: nobody does. */
  readonly visitAt: number | null;
}

export type Hold = HoldReason | 'queue-full';

/** A command that would expire sooner is not worth sending: nobody would have begun it by then. */
const leadMilliseconds = 10_000;

/** Why a device is left alone for now; undefined where it is not. `now` in epoch milliseconds. */
export function holdOf(window: TimeWindow | null, candidate: Candidate, now: number): Hold | undefined {
  return reasonsToWait(window, candidate, now)[0];
}

/** All of them, the one that weighs most first. */
export function reasonsToWait(
  window: TimeWindow | null,
  candidate: Candidate,
  now: number,
): readonly HoldReason[] {
  const soon = now + leadMilliseconds;
  const found: readonly (readonly [HoldReason, boolean])[] = [
    ['technician-visit', candidate.visitAt !== null && candidate.visitAt < soon],
    ['outside-window', windowLastsUntil(window, candidate, now, soon) < soon],
    ['outside-customer-hours', customerHoursLastUntil(candidate, now, soon) < soon],
  ];
  return found.flatMap(([reason, holds]) => (holds ? [reason] : []));
}

/** Until when a device may be touched from `now` on, `atMost` at the latest: what is sent to it expires by then. */
export function openUntil(
  window: TimeWindow | null,
  candidate: Candidate,
  now: number,
  atMost: number,
): number {
  const free = Math.min(atMost, candidate.visitAt ?? atMost);
  return customerHoursLastUntil(candidate, now, windowLastsUntil(window, candidate, now, free));
}

function windowLastsUntil(
  window: TimeWindow | null,
  candidate: Candidate,
  now: number,
  atMost: number,
): number {
  if (window === null) {
    return atMost;
  }
  const timeZone = window.zone === 'device' ? (candidate.timeZone ?? window.timeZone) : window.timeZone;
  return hoursLastUntil(window.weekly, timeZone, now, atMost);
}

function customerHoursLastUntil({ customerHours }: Candidate, now: number, atMost: number): number {
  return customerHours === undefined
    ? atMost
    : hoursLastUntil(customerHours.weekly, customerHours.timeZone, now, atMost);
}
