import { type ConfirmedBy, confirmWithinSecondsDefault } from '@andon/shared/contracts';

/** How the gateway does, as far as a new configuration may be to blame. */
export interface GatewayHealth {
  /** The names of the connectors that have their wire. */
  readonly connectorsUp: readonly string[];
  /** The names of all connectors. */
  readonly connectors: readonly string[];
  /**
   * Records that the cloud has stored since the lines to it were opened; undefined where the gateway has no cloud.
   */
  readonly cloudRecords: number | undefined;
  readonly cloudConnected: boolean;
}

/** What a new configuration has to live up to. */
export interface TrialTerms {
  readonly confirmedBy: ConfirmedBy;
  /** Those that had their wire before. */
  readonly connectorsUp: readonly string[];
  /** The cloud was reached before, or sent the configuration. */
  readonly cloudNeeded: boolean;
  /** `cloudRecords` at the moment at which the new configuration was in force. */
  readonly cloudRecordsAtStart: number;
}

/** What is still missing; nothing where it is healthy. For people. */
export function missingHealth(terms: TrialTerms, health: GatewayHealth): string[] {
  const missing = terms.connectorsUp
    // A connector that the new configuration does without is missed by nobody.
    .filter((name) => health.connectors.includes(name) && !health.connectorsUp.includes(name))
    .map((name) => `the connector ${name} is not connected, as it was before`);
  const cloudReached = health.cloudConnected && (health.cloudRecords ?? 0) > terms.cloudRecordsAtStart;
  return terms.cloudNeeded && !cloudReached
    ? [...missing, 'the cloud is not reached, as it was before']
    : missing;
}

export type Verdict = 'wait' | 'confirm' | 'revert';

/** Times are of the monotonic clock. `healthySince` is undefined where health is missing. */
export function judgeTrial(
  terms: TrialTerms,
  times: { now: number; deadline: number; healthySince: number | undefined; healthyFor: number },
): Verdict {
  const { now, deadline, healthySince, healthyFor } = times;
  const healthy = healthySince !== undefined && now - healthySince >= healthyFor;
  if (terms.confirmedBy === 'health' && healthy) {
    return 'confirm';
  }
  return now >= deadline ? 'revert' : 'wait';
}

/** How long a version is on trial, and who ends it. */
export interface ConfirmationTerms {
  readonly confirmedBy: ConfirmedBy;
  readonly withinMilliseconds: number;
}

export const defaultTerms: ConfirmationTerms = {
  confirmedBy: 'health',
  withinMilliseconds: confirmWithinSecondsDefault * 1000,
};
