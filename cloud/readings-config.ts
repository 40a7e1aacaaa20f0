import { invalid, wholeNumber } from './config-values.ts';
import type { Kept } from './telemetry/index.ts';

const daysMax = 36_500;

/** How long readings and their roll-ups are kept: what is coarser at least as long as what is finer. */
export function readReadingsKept(text: (name: string) => string | undefined): Kept {
  const days = (name: string, otherwise: number): number =>
    wholeNumber(name, text(name) ?? String(otherwise), 1, daysMax);
  const readingsDays = days('ANDON_READINGS_DAYS', 400);
  const minutesDays = days('ANDON_READINGS_MINUTES_DAYS', Math.max(800, readingsDays));
  const hoursDays = days('ANDON_READINGS_HOURS_DAYS', Math.max(3650, minutesDays));
  if (minutesDays < readingsDays) {
    throw invalid('ANDON_READINGS_MINUTES_DAYS', String(minutesDays), `at least ANDON_READINGS_DAYS`);
  }
  if (hoursDays < minutesDays) {
    throw invalid('ANDON_READINGS_HOURS_DAYS', String(hoursDays), `at least ANDON_READINGS_MINUTES_DAYS`);
  }
  return { readingsDays, minutesDays, hoursDays };
}
