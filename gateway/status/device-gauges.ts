import type { Gauge } from 'prom-client';
import type { StatusSources } from './report.ts';

/** Devices and rules beyond so many share one series, so that a large plant does not drown its collector. */
export const seriesMax = 500;
const others = 'others';

export type AddGauge = (
  name: string,
  help: string,
  labelNames: string[],
  collect: (gauge: Gauge) => void,
) => unknown;

/** The name itself while there is room, else `others`. */
function labeller(): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (!known.has(name) && known.size < seriesMax) {
      known.add(name);
    }
    return known.has(name) ? name : others;
  };
}

/** What is told of each device and each rule. */
export function addDeviceGauges(sources: StatusSources, gauge: AddGauge): void {
  const { clock, registry, deviceStates, latestReadings, pipeline } = sources;
  gauge('device_connected', 'Is the device connected? 1, or 0.', ['device'], (self) => {
    const label = labeller();
    for (const { id } of registry.all()) {
      self.inc({ device: label(id) }, deviceStates.get(id)?.connected === true ? 1 : 0);
    }
  });
  gauge('device_bad_signals', 'Signals of the device whose last reading is BAD.', ['device'], (self) => {
    const label = labeller();
    for (const { id } of registry.all()) {
      const bad = latestReadings.of(id).filter(({ quality }) => quality === 'BAD').length;
      self.inc({ device: label(id) }, bad);
    }
  });
  gauge(
    'device_reading_age_seconds',
    'How long ago the last reading of the device was taken; absent before the first.',
    ['device'],
    (self) => {
      const label = labeller();
      const now = clock.now();
      for (const { id } of registry.all()) {
        const latest = Math.max(...latestReadings.of(id).map(({ gatewayTime }) => gatewayTime));
        const device = label(id);
        // Of those that share a series nobody could say which it is.
        if (Number.isFinite(latest) && device === id) {
          self.set({ device }, Math.max(0, now - latest) / 1000);
        }
      }
    },
  );
  gauge('rule_alerts_active', 'Alerts of the rule that are open here.', ['rule', 'severity'], (self) => {
    const label = labeller();
    for (const { latest } of pipeline.active()) {
      self.inc({ rule: label(latest.rule), severity: latest.severity ?? 'INDETERMINATE' });
    }
  });
  gauge('configuration_version', 'The version of the configuration that runs.', ['source'], (self) => {
    const { version, source } = sources.keeper.status();
    self.set({ source }, version);
  });
  gauge('configuration_on_trial', 'Does the configuration wait to be confirmed?', [], (self) =>
    self.set(sources.keeper.status().trial === undefined ? 0 : 1),
  );
}
