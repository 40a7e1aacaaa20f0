import type { UplinkWindow } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { createTask } from 'node-cron';
import { type OpeningWindow, uplinkAllowed } from './allowed.ts';

/** So long the lines stay open after the last critical alert, so that the cloud hears of its end. */
const lingerMilliseconds = 60_000;
const minuteMilliseconds = 60_000;

export interface GateParts {
  readonly clock: Clock;
  /** An alert of the severity CRITICAL is open, or something else cannot wait. */
  readonly urgent: () => boolean;
}

/** Says whether the lines to the cloud may be used now. */
export class UplinkGate {
  readonly #parts: GateParts;
  readonly #windows: readonly OpeningWindow[];
  /** Of the monotonic clock. */
  #urgentUntil = Number.NEGATIVE_INFINITY;
  #judged: { readonly minute: number; readonly open: boolean } | undefined;

  constructor(windows: readonly UplinkWindow[], parts: GateParts) {
    this.#parts = parts;
    this.#windows = windows.map(openingWindow);
  }

  isOpen(): boolean {
    if (this.#windows.length === 0) {
      return true;
    }
    const { clock, urgent } = this.#parts;
    const steady = clock.monotonic();
    if (urgent()) {
      this.#urgentUntil = steady + lingerMilliseconds;
    }
    const now = clock.now();
    const minute = Math.floor(now / minuteMilliseconds);
    if (this.#judged?.minute !== minute) {
      this.#judged = { minute, open: uplinkAllowed(now, false, this.#windows) };
    }
    return this.#judged.open || steady < this.#urgentUntil;
  }
}

function openingWindow({ cron, minutes, timeZone }: UplinkWindow): OpeningWindow {
  const task = createTask(cron, () => undefined, timeZone === undefined ? {} : { timezone: timeZone });
  return { minutes, opensAt: (minute) => task.match(new Date(minute)) };
}
