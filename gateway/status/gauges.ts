import { Gauge } from 'prom-client';
import { laneNames } from '../outbox/index.ts';
import { type AddGauge, addDeviceGauges } from './device-gauges.ts';
import type { StatusSources } from './report.ts';

/** Gauges are read off the parts when they are asked for. To be called once for a registry. */
export function addGauges(sources: StatusSources): void {
  const { time, outbox, connectors, registry, deviceStates, commands, metrics } = sources;
  const registers = [metrics.registry];
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name: `andon_gateway_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge('lane_records', 'Records that wait to be delivered.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, outbox.status(lane).queued);
    }
  });
  gauge('lane_bytes', 'Bytes of the records that wait.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, outbox.status(lane).bytes);
    }
  });
  gauge(
    'lane_lost_records',
    'Records lost or thinned since the start, by reason.',
    ['lane', 'reason'],
    (self) => {
      for (const lane of laneNames) {
        for (const [reason, count] of Object.entries(outbox.losses(lane))) {
          self.set({ lane, reason }, count);
        }
      }
    },
  );
  gauge('commit_failures', 'Transactions that failed since the start, by code.', ['code'], (self) => {
    for (const [code, count] of outbox.failures()) {
      self.set({ code }, count);
    }
  });
  gauge('lane_oldest_seconds', 'For how long the oldest record waits.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, (outbox.oldestAge(lane) ?? 0) / 1000);
    }
  });
  gauge('clock_set', "Is the machine's clock set?", [], (self) => {
    self.set(time.watch.state() === 'SYNCHRONIZED' ? 1 : 0);
  });
  gauge('clock_skew_seconds', "The cloud's clock minus the machine's, as last heard.", [], (self) => {
    self.set((time.watch.skewMilliseconds ?? 0) / 1000);
  });
  gauge('clock_corrected_readings', 'Readings whose time was corrected on their way out.', [], (self) => {
    self.set(time.keeper.corrected);
  });
  gauge('uplink_records', 'Records acknowledged by the cloud since the start.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, sources.links.uplink?.[lane].status().records ?? 0);
    }
  });
  gauge('downlink_connected', 'Is the line from the cloud open?', [], (self) => {
    self.set(sources.links.downlink?.status().state === 'connected' ? 1 : 0);
  });
  gauge('connector_connected', 'Does the connector have its wire?', ['connector'], (self) => {
    for (const connector of connectors.all) {
      self.set({ connector: connector.name }, connector.health().state === 'connected' ? 1 : 0);
    }
  });
  gauge('connector_count', "A connector's counters since the start.", ['connector', 'counter'], (self) => {
    for (const connector of connectors.all) {
      for (const [counter, value] of Object.entries(connector.health().counters)) {
        self.set({ connector: connector.name, counter }, value);
      }
    }
  });
  gauge('devices', 'Devices that are known, and those that are connected.', ['state'], (self) => {
    const devices = registry.all();
    self.set({ state: 'known' }, devices.length);
    self.set({ state: 'connected' }, devices.filter(({ id }) => deviceStates.get(id)?.connected).length);
  });
  gauge('alerts_active', 'Alerts that are open here.', [], (self) =>
    self.set(sources.pipeline.active().length),
  );
  gauge('commands', 'Commands in the journal, by state.', ['state'], (self) => {
    for (const { state, commands: count } of commands.counts()) {
      self.set({ state }, count);
    }
  });
  addRecorderGauges(sources, gauge);
  addDeviceGauges(sources, gauge);
}

/** What is missing around alerts. */
function addRecorderGauges({ recorder }: StatusSources, gauge: AddGauge): void {
  gauge(
    'recordings_lost',
    'Alerts without all of their recording since the start, by reason.',
    ['reason'],
    (self) => {
      for (const [reason, count] of Object.entries(recorder?.losses ?? {})) {
        self.set({ reason }, count);
      }
    },
  );
  gauge(
    'recordings_unsaved',
    'Alerts of which a restart now would lose more than five seconds.',
    [],
    (self) => self.set(recorder?.unsaved ?? 0),
  );
}
