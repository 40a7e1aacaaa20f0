import type { Limit } from '@andon/shared/contracts';
import type { Samples } from './samples.ts';

/** A better setting, with the arithmetic that leads to it. */
export interface Suggestion {
  readonly setting: 'deadband' | 'onDelayMilliseconds' | 'offDelayMilliseconds';
  readonly present: number;
  readonly suggested: number;
  readonly arithmetic: string;
}

/** The median absolute deviation of a normal distribution, turned into its standard deviation. */
const medianToDeviation = 1.4826;
const deviationsOfDeadband = 3;
/** Fewer cases prove nothing. */
const casesMin = 3;
const shareMin = 0.1;
const readingsOfDelay = 2;
const delayMillisecondsMax = 86_400_000;

/**
 * A deadband of three standard deviations of the noise. The noise is read off the changes from one reading to the
 * next, of which half are noise of one reading and half of the other, so that a slow drift does not count.
 */
export function suggestDeadband(limit: Limit, changes: Samples, dips: Samples): Suggestion[] {
  const present = limit.deadband ?? 0;
  const median = changes.median();
  const noise = (median * medianToDeviation) / Math.SQRT2;
  const suggested = significant(noise * deviationsOfDeadband);
  if (!Number.isFinite(suggested) || suggested <= present || dips.count < casesMin) return [];
  const merged = dips.countUpTo(suggested) - dips.countUpTo(present);
  if (merged <= 0) return [];
  const arithmetic =
    `noise ${significant(noise)} (median change between readings ${significant(median)} × ${medianToDeviation} / √2) ` +
    `× ${deviationsOfDeadband}; ${merged} of ${dips.count} returns came from no deeper than that`;
  return [{ setting: 'deadband', present, suggested, arithmetic }];
}

/** Delays of two readings, where that would have spared a tenth of the alerts or more. */
export function suggestDelays(
  limit: Limit,
  interval: number,
  durations: Samples,
  pauses: Samples,
): Suggestion[] {
  const delay = Math.round(Math.min(delayMillisecondsMax, interval * readingsOfDelay));
  if (!Number.isFinite(delay) || delay <= 0) return [];
  const rhythm = `two readings (median interval ${seconds(interval)})`;
  const suggestions: Suggestion[] = [];
  const fleeting = durations.countUpTo(delay);
  const onDelay = limit.onDelayMilliseconds ?? 0;
  if (delay > onDelay && fleeting >= casesMin && fleeting >= durations.count * shareMin) {
    const arithmetic = `${fleeting} of ${durations.count} alerts lasted no longer than ${seconds(delay)}, ${rhythm}`;
    suggestions.push({ setting: 'onDelayMilliseconds', present: onDelay, suggested: delay, arithmetic });
  }
  const quick = pauses.countUpTo(delay);
  const offDelay = limit.offDelayMilliseconds ?? 0;
  if (delay > offDelay && quick >= casesMin && quick >= pauses.count * shareMin) {
    const arithmetic = `${quick} of ${pauses.count} returns came within ${seconds(delay)} of the clear, ${rhythm}`;
    suggestions.push({ setting: 'offDelayMilliseconds', present: offDelay, suggested: delay, arithmetic });
  }
  return suggestions;
}

const significant = (value: number): number => Number(value.toPrecision(2));
const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toPrecision(4))} s`;
