/**
 * An error that a person can act on. `code` is stable, dotted, lower-case and never reused
 * (`gateways.uplink-hole`); `nextStep` says what to do now; `field` names the offending input as a JSON pointer
 * or dotted key.
 */
export class AndonError extends Error {
  readonly code: string;
  readonly nextStep: string;
  readonly field: string | undefined;
  /** The HTTP status that suits it, where it reaches a door. */
  readonly status: number;
  /** Further members for machines, shown in problem details. */
  readonly details: Record<string, unknown>;

  constructor(options: {
    code: string;
    message: string;
    nextStep: string;
    field?: string;
    status?: number;
    details?: Record<string, unknown>;
    cause?: unknown;
  }) {
    super(options.message, { cause: options.cause });
    this.name = 'AndonError';
    this.code = options.code;
    this.nextStep = options.nextStep;
    this.field = options.field;
    this.status = options.status ?? 400;
    this.details = options.details ?? {};
  }
}
