import type { InfluxSettings } from './adapters/influxdb/index.ts';
import { invalid, urlOf, wholeNumber } from './config-values.ts';
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

/** Where readings are kept; undefined: in our own database. All four variables are set, or none. */
export function readInflux(text: (name: string) => string | undefined): InfluxSettings | undefined {
  const url = urlOf('INFLUX_URL', text('INFLUX_URL'), ['http:', 'https:']);
  if (url === undefined) {
    return undefined;
  }
  const needed = (name: string): string => {
    const value = text(name);
    if (value === undefined) {
      throw invalid(name, 'missing', 'set where INFLUX_URL is');
    }
    return value;
  };
  return {
    url,
    token: needed('INFLUX_TOKEN'),
    org: needed('INFLUX_ORG'),
    bucket: needed('INFLUX_BUCKET'),
  };
}
