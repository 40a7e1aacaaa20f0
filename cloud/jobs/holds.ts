import { type CustomerHours, isWithinHours, type WeeklyHours } from '../accounts/index.ts';

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
  /** A technician is at the machine, or booked for now. */
  readonly underVisit: boolean;
}

export type Hold = 'outside-window' | 'outside-customer-hours' | 'technician-visit' | 'queue-full';

/** Why a device is left alone for now; undefined where it is not. `now` in epoch milliseconds. */
export function holdOf(window: TimeWindow | null, candidate: Candidate, now: number): Hold | undefined {
  if (candidate.underVisit) {
    return 'technician-visit';
  }
  if (window !== null) {
    const timeZone = window.zone === 'device' ? (candidate.timeZone ?? window.timeZone) : window.timeZone;
    if (!isWithinHours(window.weekly, timeZone, now)) {
      return 'outside-window';
    }
  }
  const hours = candidate.customerHours;
  return hours !== undefined && !isWithinHours(hours.weekly, hours.timeZone, now)
    ? 'outside-customer-hours'
    : undefined;
}
