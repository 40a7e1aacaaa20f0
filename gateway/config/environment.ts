import type { Environment } from './configuration.ts';

const levels = ['debug', 'info', 'warn', 'error'];

/** The environment of this process. */
export const environment = (): Environment => process.env;

/** How much is logged: ANDON_LOG_LEVEL, else `info`. */
export function logLevel(settings: Environment = process.env): string {
  const wanted = settings.ANDON_LOG_LEVEL ?? '';
  return levels.includes(wanted) ? wanted : 'info';
}

/** What systemd says of itself to a service of the type `notify`. */
export function notifySettings(settings: Environment = process.env): {
  socket: string | undefined;
  watchdogMicroseconds: number | undefined;
} {
  const microseconds = Number(settings.WATCHDOG_USEC);
  return {
    socket: settings.NOTIFY_SOCKET || undefined,
    watchdogMicroseconds: Number.isSafeInteger(microseconds) && microseconds > 0 ? microseconds : undefined,
  };
}
