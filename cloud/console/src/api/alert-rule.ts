import type { AlertRule as NumberedRule } from '@andon/shared/contracts';

export type { Limit, LimitState } from '@andon/shared/contracts';

/** As a category holds it; the cloud counts its versions. */
export type AlertRule = Omit<NumberedRule, 'version'> & { version?: number };
export type Limits = NonNullable<AlertRule['limits']>;
export type LimitName = keyof Limits;

/** The outer limits are graver than the inner ones. */
export const severityOfLimit = { hihi: 'CRITICAL', hi: 'MAJOR', lo: 'MAJOR', lolo: 'CRITICAL' } as const;
export const limitNames = ['hihi', 'hi', 'lo', 'lolo'] as const satisfies LimitName[];
