import type { GatewayTime } from '../signals/index.ts';

/** Clocks that differ by more are told of. */
const skewToldMilliseconds = 5 * 60_000;

/** What a person should know of the clock. */
export function clockNotices({ watch }: GatewayTime): string[] {
  const state = watch.state();
  const skew = watch.skewMilliseconds ?? 0;
  if (state === 'CORRECTED') {
    return ["The machine's clock is not set; the cloud's time is used instead. Set the clock."];
  }
  if (state === 'UNSYNCHRONIZED') {
    return [
      "The machine's clock is not set; times are corrected when it is, or when the cloud is heard. Set the clock.",
    ];
  }
  if (Math.abs(skew) <= skewToldMilliseconds) {
    return [];
  }
  const direction = skew > 0 ? 'behind' : 'ahead of';
  return [`The machine's clock is ${Math.round(Math.abs(skew) / 1000)} s ${direction} the cloud's.`];
}
