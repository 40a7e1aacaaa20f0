/** An alert that reaches the cloud this long after its gateway heard of it is late. */
export const lateArrivalMilliseconds = 300_000;

/**
 * Was it told late, so that it may be over by now? By the clocks of its gateway and of the cloud, in epoch
 * milliseconds. `historical` is the edge's word on a record whose device's time lies far back.
 */
export function isToldLate(alert: {
  readonly historical: boolean;
  readonly receivedAt: number;
  readonly storedAt: number;
}): boolean {
  return alert.historical || alert.storedAt - alert.receivedAt > lateArrivalMilliseconds;
}
