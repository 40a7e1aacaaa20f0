import { execFile } from 'node:child_process';

/** Where a supervisor of processes such as systemd wants to hear from us; undefined where nobody does. */
export interface NotifySettings {
  readonly socket: string | undefined;
  /** How often a sign of life is wanted at least, as systemd gives it; undefined where none is. */
  readonly watchdogMicroseconds: number | undefined;
}

interface NotifyLogger {
  warn(details: object, message: string): void;
}

/**
 * Tells systemd that the gateway is ready, and from then on that it is alive. A process whose event loop stands still
 * says nothing, and is started anew. By `systemd-notify`, because Node has no datagrams on sockets of files.
 */
export function startNotifying(
  { socket, watchdogMicroseconds }: NotifySettings,
  logger: NotifyLogger,
): { stop(): void } {
  if (socket === undefined) {
    return { stop: () => undefined };
  }
  const notify = (state: string) =>
    execFile('systemd-notify', [state], (error) => {
      if (error) {
        logger.warn({ error: String(error) }, 'systemd could not be notified');
      }
    });
  notify('READY=1');
  // Twice as often as is wanted.
  const everyMilliseconds = (watchdogMicroseconds ?? 0) / 2000;
  const timer =
    everyMilliseconds > 0 ? setInterval(() => notify('WATCHDOG=1'), everyMilliseconds) : undefined;
  return {
    stop() {
      clearInterval(timer);
      notify('STOPPING=1');
    },
  };
}
