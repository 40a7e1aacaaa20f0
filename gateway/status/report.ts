import { type Clock, unitSymbol } from '@andon/shared/kernel';
import type { FlightRecorder } from '../alerts/index.ts';
import type { CloudLinks } from '../cloud-links.ts';
import type { CommandRunner } from '../commands/index.ts';
import type { ConfigurationKeeper, LoadedConfiguration } from '../config/index.ts';
import type { ConfiguredConnectors } from '../connectors/index.ts';
import { laneNames, type Outbox, type SetAside } from '../outbox/index.ts';
import type {
  DeviceRegistry,
  DeviceStates,
  LatestReadings,
  LocalActions,
  Pipeline,
} from '../pipeline/index.ts';
import type { GatewayTime } from '../signals/index.ts';
import { clockNotices } from './clock-notice.ts';
import type { Metrics } from './metrics.ts';

const devicesShownMax = 200;
const alertsShownMax = 200;

/** The parts that the status is read off. */
export interface StatusSources {
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly time: GatewayTime;
  readonly outbox: Outbox;
  readonly setAside: SetAside | undefined;
  readonly registry: DeviceRegistry;
  readonly deviceStates: DeviceStates;
  readonly latestReadings: LatestReadings;
  readonly localActions: LocalActions;
  readonly pipeline: Pipeline;
  /** Undefined where it is switched off. */
  readonly recorder: FlightRecorder | undefined;
  readonly commands: CommandRunner;
  readonly connectors: ConfiguredConnectors;
  readonly links: CloudLinks;
  readonly keeper: ConfigurationKeeper;
  readonly metrics: Metrics;
  readonly logger: { warn(details: object, message: string): void };
}

/** Everything that the page shows, as of now. Times are milliseconds since the epoch by the gateway's clock. */
export function statusReport(sources: StatusSources, startedAt: number) {
  const { loaded, clock, registry, pipeline, commands, localActions, connectors, links } = sources;
  const devices = registry.all();
  const alerts = pipeline.active();
  return {
    gateway: { id: loaded.configuration.gateway.id, startedAt, now: clock.now() },
    notices: notices(sources),
    connectors: connectors.all.map((connector) => ({ name: connector.name, ...connector.health() })),
    deviceCount: devices.length,
    devices: devices.slice(0, devicesShownMax).map(({ id, name }) => ({
      id,
      name,
      ...sources.deviceStates.get(id),
      signals: sources.latestReadings.of(id).map((reading) => ({
        signal: reading.signal,
        value: reading.value,
        unit: reading.unit,
        unitSymbol: reading.unit === undefined ? '' : unitSymbol(reading.unit),
        quality: reading.quality,
        qualityReason: reading.qualityReason,
        sourceTime: reading.sourceTime,
        gatewayTime: reading.gatewayTime,
      })),
    })),
    alertCount: alerts.length,
    alerts: alerts.slice(0, alertsShownMax).map(({ latest, raisedAt }) => ({
      deviceId: latest.deviceId,
      rule: latest.rule,
      state: latest.state,
      severity: latest.severity,
      errorCode: latest.errorCode,
      reason: latest.reason,
      raisedAt,
      childCount: latest.childCount,
    })),
    shelvedRules: pipeline.shelved().slice(0, alertsShownMax),
    lanes: laneNames.map((lane) => ({
      lane,
      ...sources.outbox.status(lane),
      ...sources.outbox.losses(lane),
      uplink: links.uplink?.[lane].status(),
    })),
    downlink: links.downlink?.status(),
    uplinkClosed: links.closed,
    configuration: sources.keeper.status(),
    commands: commands.counts(),
    localActionsPending: localActions.pendingCount(),
  };
}

/** What a person must know first. */
function notices({ outbox, setAside, keeper, time }: StatusSources): string[] {
  const error = outbox.lastError();
  const { notice } = keeper.status();
  return [
    ...(error ? [`${error.message} ${error.nextStep}`] : []),
    ...(notice === undefined ? [] : [notice]),
    ...clockNotices(time),
    ...(setAside
      ? [`The outbox was damaged (${setAside.reason}) and is set aside as ${setAside.file}.`]
      : []),
  ];
}
