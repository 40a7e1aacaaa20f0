import type { Environment } from './configuration.ts';

const levels = ['debug', 'info', 'warn', 'error'];

/** The environment of this process. */
export const environment = (): Environment => process.env;

/** How much is logged: ANDON_LOG_LEVEL, else `info`. */
export function logLevel(settings: Environment = process.env): string {
  const wanted = settings.ANDON_LOG_LEVEL ?? '';
  return levels.includes(wanted) ? wanted : 'info';
}
