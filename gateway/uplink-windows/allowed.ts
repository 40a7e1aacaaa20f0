const minuteMilliseconds = 60_000;

/** A window as the clock sees it. */
export interface OpeningWindow {
  /** Does it open at the beginning of this minute (milliseconds since the epoch)? */
  opensAt(minute: number): boolean;
  readonly minutes: number;
}

/** May the lines to the cloud be used? Without windows always, and always while a critical alert is open. */
export function uplinkAllowed(
  now: number,
  hasCriticalAlert: boolean,
  windows: readonly OpeningWindow[],
): boolean {
  if (windows.length === 0 || hasCriticalAlert) {
    return true;
  }
  const present = Math.floor(now / minuteMilliseconds) * minuteMilliseconds;
  return windows.some(({ opensAt, minutes }) => {
    for (let ago = 0; ago < minutes; ago += 1) {
      if (opensAt(present - ago * minuteMilliseconds)) {
        return true;
      }
    }
    return false;
  });
}
