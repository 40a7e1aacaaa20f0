import type { Reception } from './signals-contract.ts';

export interface JudgedTime {
  readonly sourceTime: number;
  /** Why the device's own time was not taken. */
  readonly uncertainReason: string | undefined;
  readonly historical: boolean;
}

/** A device's clock may be in another time zone, but not in another day. */
const futureMillisecondsMax = 24 * 3_600_000;
/** A clock that lost its power begins at 1970, 1980 or 2000: before 2001-01-01 it was never set. */
const clockSetSince = 978_307_200_000;
/** Older readings come from a backlog. More than an hour, so that a clock left in winter time is not late. */
const historicalAfterMilliseconds = 90 * 60_000;

/**
 * When the value was so. The gateway's own time stands in where the device has no clock, and, with a reason, where
 * the device's cannot be right. A gateway whose clock is not set itself judges nobody.
 */
export function judgeTime(deviceTime: number | undefined, reception: Reception): JudgedTime {
  const { gatewayTime, clockState } = reception;
  if (deviceTime === undefined) {
    return { sourceTime: gatewayTime, uncertainReason: undefined, historical: false };
  }
  const isSet = clockState !== 'UNSYNCHRONIZED';
  const uncertainReason = implausibility(deviceTime, isSet ? gatewayTime + futureMillisecondsMax : timeMax);
  if (uncertainReason !== undefined) return { sourceTime: gatewayTime, uncertainReason, historical: false };
  const sourceTime = Math.round(deviceTime);
  const historical = isSet && gatewayTime - sourceTime > historicalAfterMilliseconds;
  return { sourceTime, uncertainReason, historical };
}

/** The latest time that a date can hold. */
const timeMax = 8_640_000_000_000_000;

function implausibility(deviceTime: number, latest: number): string | undefined {
  if (!Number.isFinite(deviceTime)) return 'device-time-invalid';
  if (deviceTime < clockSetSince) return 'device-time-not-set';
  return deviceTime > latest ? 'device-time-in-future' : undefined;
}
