/**
 * An alert may be told by data of long ago: a device delivers what it kept, or a recording is played. Whether its
 * fault is still going on shows only when the data have come up to the present, or have ended. Times are epoch
 * milliseconds.
 */
export interface LateAlertFacts {
  /** When the alert was raised by its device's clock, and when its gateway heard of that. */
  readonly raisedAt: number;
  readonly receivedAt: number;
  /** The newest reading of the alert's signal, by the same two clocks. */
  readonly newest: { readonly sourceTime: number; readonly gatewayTime: number } | undefined;
  /** When its gateway last heard anything of the device. */
  readonly heardAt: number | null;
  readonly gatewayConnected: boolean;
  readonly now: number;
}

/** A reading of this age at its arrival is of the present; the edge calls older ones historical. */
export const presentLagMilliseconds = 90 * 60_000;
/** An alert that reaches the cloud this long after its gateway heard of it is late, too. */
export const lateArrivalMilliseconds = 300_000;
/** A device that is silent for this long has delivered its backlog. */
export const backlogSilenceMilliseconds = 60_000;
/** A backlog comes faster than time passes; a device whose clock is slow sends at the pace of time. */
const backlogPaceMin = 1.5;

/** Was it told late, so that its fault may be over by now? By the clocks of its gateway and of the cloud. */
export function isToldLate(alert: { historical: boolean; receivedAt: number; storedAt: number }): boolean {
  return alert.historical || alert.storedAt - alert.receivedAt > lateArrivalMilliseconds;
}

/** `still-coming`: its end may yet be on its way. `present`: the data are those of now, and the alert lasts. */
export function judgeBacklog(facts: LateAlertFacts): 'still-coming' | 'present' {
  const { newest, raisedAt, receivedAt, now } = facts;
  const heardAt = Math.max(newest?.gatewayTime ?? 0, facts.heardAt ?? 0);
  if (!facts.gatewayConnected) {
    return 'still-coming';
  }
  if (now - heardAt > backlogSilenceMilliseconds) {
    return 'present';
  }
  if (newest === undefined || newest.gatewayTime <= receivedAt) {
    return 'still-coming';
  }
  if (newest.gatewayTime - newest.sourceTime <= presentLagMilliseconds) {
    return 'present';
  }
  const told = newest.sourceTime - raisedAt;
  const passed = newest.gatewayTime - receivedAt;
  return told > backlogPaceMin * passed ? 'still-coming' : 'present';
}
