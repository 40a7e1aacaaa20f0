import type { RegistrationStatus } from './registration-status.ts';

/** What is known of a device's presence. Times in epoch milliseconds. */
export interface DevicePresence {
  /** What was last said of it. */
  readonly reportedConnected: boolean;
  /** The same, as long as its gateway is connected too. */
  readonly connected: boolean;
  /** When the last word on its presence was spoken, by the gateway's clock. */
  readonly presenceAt: number | null;
  readonly lastActivityAt: number | null;
  readonly bootId: string | null;
  readonly lastBootAt: number | null;
  readonly firmware: string | null;
}

/** A word on a device: a reading of it, or its gateway's `device-status`. */
export interface PresenceWord {
  readonly connected: boolean;
  readonly at: number;
  readonly bootId?: string | undefined;
  readonly firmware?: string | undefined;
}

export interface PresenceChange {
  readonly after: DevicePresence;
  readonly connectionChanged: boolean;
  /** The boot ids before and after, where the device has rebooted since it was last heard of. */
  readonly rebooted: { readonly before: string; readonly after: string } | undefined;
}

/**
 * Takes a word in. Readings and words on status come by two lanes, so an older word may arrive after a newer one:
 * it is heard only where nothing newer was said. A time in the future counts as `now`, or a clock that was wrong
 * once would silence the device until then.
 */
export function takePresenceWord(before: DevicePresence, word: PresenceWord, now: number): PresenceChange {
  const at = Math.min(word.at, now);
  const isNews = before.presenceAt === null || at >= before.presenceAt;
  const connected = isNews ? word.connected : before.connected;
  const bootIsNews = word.bootId !== undefined && (before.lastBootAt === null || at >= before.lastBootAt);
  const rebooted =
    bootIsNews && before.bootId !== null && before.bootId !== word.bootId
      ? { before: before.bootId, after: word.bootId }
      : undefined;
  const booted = bootIsNews && before.bootId !== word.bootId;
  return {
    after: {
      reportedConnected: isNews ? word.connected : before.reportedConnected,
      connected,
      presenceAt: isNews ? at : before.presenceAt,
      lastActivityAt: word.connected ? Math.max(at, before.lastActivityAt ?? at) : before.lastActivityAt,
      bootId: booted ? word.bootId : before.bootId,
      lastBootAt: booted ? at : before.lastBootAt,
      firmware: isNews ? (word.firmware ?? before.firmware) : before.firmware,
    },
    connectionChanged: connected !== before.connected,
    rebooted,
  };
}

/** How old the last known activity may become before a reading is worth a write. */
export const activityEveryMilliseconds = 10_000;

/** Would a reading of this time (by the gateway's clock) tell anything that is worth a write? */
export function isWorthTelling(
  device: {
    readonly connected: boolean;
    readonly registrationStatus: RegistrationStatus;
    readonly lastActivityAt: Date | null;
  },
  at: number,
): boolean {
  return (
    !device.connected ||
    device.registrationStatus !== 'registered' ||
    device.lastActivityAt === null ||
    at - device.lastActivityAt.getTime() >= activityEveryMilliseconds
  );
}
