import type { ConfirmedBy } from '@andon/shared/contracts';
import type { StoredVersion, VersionStore } from './version-store.ts';

/** What people see of it. Times are milliseconds since the epoch. */
export interface ConfigurationStatus {
  readonly version: number;
  readonly source: StoredVersion['source'];
  readonly cloudVersion: number | undefined;
  readonly takenAt: number;
  readonly trial:
    | {
        readonly confirmedBy: ConfirmedBy;
        readonly deadline: number;
        /** What it lacks to be healthy. */
        readonly missing: readonly string[];
      }
    | undefined;
  /** What a person should know, for example that the file has mistakes. */
  readonly notice: string | undefined;
}

export function statusOf(
  store: VersionStore,
  missing: readonly string[],
  notice: string | undefined,
): ConfigurationStatus {
  const { trial, current } = store.state;
  const version = store.find(trial?.number ?? current);
  return {
    version: version?.number ?? 0,
    source: version?.source ?? 'file',
    cloudVersion: version?.cloudVersion,
    takenAt: version?.takenAt ?? 0,
    trial: trial && { confirmedBy: trial.confirmedBy, deadline: trial.deadline, missing },
    notice,
  };
}
