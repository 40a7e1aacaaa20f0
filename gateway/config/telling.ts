import { type ConfigurationReport, configurationTextLengthMax } from '@andon/shared/contracts';
import { holdsSecrets } from './judgement.ts';
import type { StoredReport, StoredVersion, VersionStore } from './version-store.ts';

/** Hands what the cloud is still to be told to the outbox, the oldest first. Without a cloud it is forgotten. */
export async function tellCloud(
  store: VersionStore,
  outbox: { report(report: ConfigurationReport): Promise<void> },
  hasCloud: boolean,
): Promise<void> {
  for (let report = store.state.reports[0]; report; report = store.state.reports[0]) {
    const version = store.find(report.number);
    if (version && hasCloud) {
      await outbox.report(reportOf(store, report, version));
    }
    store.told();
  }
}

function reportOf(store: VersionStore, report: StoredReport, version: StoredVersion): ConfigurationReport {
  const { at, state, reason, mistakes, changes, cloudVersion } = report;
  const text = state === 'confirmed' && version.source !== 'cloud' ? store.text(version.number) : undefined;
  return {
    type: 'configuration',
    at,
    source: version.source,
    sha256: version.sha256,
    state,
    ...(cloudVersion !== undefined && { version: cloudVersion }),
    ...(reason !== undefined && { reason }),
    ...(mistakes && { mistakes }),
    ...(changes && { changes }),
    ...(text !== undefined && text.length <= configurationTextLengthMax && !holdsSecrets(text) && { text }),
  };
}
