import type { Clock } from '@andon/shared/kernel';

/** Where a connector says what a person may want to know; pino's loggers fit. */
export interface ConnectorLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What a connector takes from outside besides its context. */
export interface ConnectorShell {
  readonly clock: Clock;
  readonly logger?: ConnectorLogger;
  /** Randomness in [0, 1) for the jitter of back-off. */
  readonly jitter?: () => number;
}
