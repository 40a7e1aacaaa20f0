import type { UplinkSettings } from '../contracts/index.ts';
import { cronMistake } from '../modbus-plan/index.ts';
import type { Tell } from './mistakes.ts';

const cronFields = 5;

export function checkUplink(uplink: UplinkSettings | undefined, tell: Tell): void {
  for (const [index, { cron, timeZone }] of (uplink?.windows ?? []).entries()) {
    const path = ['uplink', 'windows', index];
    const fields = cron.trim().split(/\s+/).length;
    const mistake =
      fields === cronFields
        ? cronMistake(cron)
        : 'must have five fields: minute, hour, day of the month, month, day of the week';
    if (mistake !== undefined) {
      tell([...path, 'cron'], mistake);
    }
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      tell([...path, 'timeZone'], 'is no time zone, such as Europe/Madrid');
    }
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
