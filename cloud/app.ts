import type { Clock, IdentifierSource, RandomSource } from '@andon/shared/kernel';
import type { FastifyBaseLogger, RouteOptions } from 'fastify';
import { createAccounts } from './accounts/index.ts';
import { createChannels, createInfluxStore, type InfluxSettings } from './adapters/index.ts';
import { createAlertNotices } from './alert-notices/index.ts';
import { createAlerts } from './alerts/index.ts';
import { createAssets } from './assets/index.ts';
import { createCases } from './cases/index.ts';
import { createCommands } from './commands/index.ts';
import { createConsent } from './consent/index.ts';
import { createDevices } from './devices/index.ts';
import { createEscalations } from './escalations/index.ts';
import { createGateways } from './gateways/index.ts';
import { createIncidents } from './incidents/index.ts';
import { createInsights } from './insights/index.ts';
import { createJobs } from './jobs/index.ts';
import { createJourneys } from './journeys/index.ts';
import { createMaintenanceWindows } from './maintenance-windows/index.ts';
import { createMap } from './map/index.ts';
import { createNotifications } from './notifications/index.ts';
import {
  type App,
  type BackgroundRunner,
  bootstrapAdministrator,
  type Capability,
  createAuth,
  createBackgroundRunner,
  createHttp,
  createLiveStream,
  type DatabaseConnection,
  forgetIdempotencyKeys,
  listenOn,
  type OpenIdConnectSettings,
  type Platform,
  type TlsSettings,
} from './platform/index.ts';
import { createSuggestions } from './suggestions/index.ts';
import { createTelemetry, type Kept } from './telemetry/index.ts';
import { createWorkOrders } from './work-orders/index.ts';

/** What the capabilities need to be told beyond the platform; each takes the part that is its own. */
export interface CapabilitySettings {
  /** `smtp://user:password@host:port`; undefined: the local mail catcher gets it. */
  readonly smtpUrl?: string;
  /** `smpp://systemId:password@host:port`; undefined: the local SMS centre gets it. */
  readonly smppUrl?: string;
  /** Who our emails are from; undefined: no-reply at the host of the console. */
  readonly mailFrom?: string;
  /** How many days after their arrival readings and their roll-ups are kept. */
  readonly readingsKept?: Partial<Kept>;
  /** Where readings are kept instead of in our database. */
  readonly influx?: InfluxSettings;
  /** Who else vouches for people; undefined: they sign in with passwords alone. */
  readonly openIdConnect?: OpenIdConnectSettings;
}

/**
 * THE list: every capability, built in the order of the house and plugged together. What one needs of another on its
 * left it is handed here; what it brings to one on its left (a port) is handed here too.
 */
function buildCapabilities(
  platform: Platform,
  settings: CapabilitySettings,
  clientCertificates: boolean,
): Capability[] {
  const auth = createAuth(platform, settings);
  const consent = createConsent(platform);
  const accounts = createAccounts(platform, consent);
  const assets = createAssets(platform);
  const gateways = createGateways(platform, { clientCertificates });
  const devices = createDevices(platform, { assets, gateways });
  const telemetry = createTelemetry(platform, {
    gateways,
    devices,
    ...(settings.readingsKept === undefined ? {} : { kept: settings.readingsKept }),
    store: settings.influx && createInfluxStore(settings.influx, platform.logger),
  });
  const alerts = createAlerts(platform, { devices, gateways });
  const maintenanceWindows = createMaintenanceWindows(platform, {
    accounts,
    assets,
    gateways,
    devices,
    alerts,
  });
  const incidents = createIncidents(platform, { alerts });
  const suggestions = createSuggestions(platform, { alerts });
  alerts.plug({ holdSources: [maintenanceWindows.holdSource], storms: incidents.stormWatch });
  const commands = createCommands(platform, { devices, gateways });
  const jobs = createJobs(platform, { accounts, devices, commands });
  const cases = createCases(platform, { accounts, assets, devices, alerts, commands });
  const workOrders = createWorkOrders(platform, { alerts, cases });
  const escalations = createEscalations(platform, {
    gateways,
    devices,
    telemetry,
    alerts,
    commands,
    cases,
    workOrders,
  });
  devices.plug({ knownIncidentTypes: workOrders.knownIncidentTypes });
  jobs.plug({ nextVisits: workOrders.nextVisits });
  commands.plug({ holdsOfDevice: jobs.holdsOfDevice });
  gateways.plug({
    uplinkHandlers: [...devices.uplinkHandlers, telemetry.uplink, alerts.uplink, commands.uplink],
    downlinkSources: [devices.downlinkSource, commands.downlinkSource],
  });
  const channels = createChannels(platform, settings);
  const notifications = createNotifications(platform, { consent, adapters: channels.adapters });
  const alertNotices = createAlertNotices(platform, { accounts, alerts, notifications });
  const journeys = createJourneys(platform, { accounts, notifications });
  return [
    auth,
    accounts,
    assets,
    gateways,
    devices,
    telemetry,
    alerts,
    createMap(platform),
    maintenanceWindows,
    incidents,
    suggestions,
    commands,
    jobs,
    cases,
    workOrders,
    escalations,
    consent,
    ...channels.servers,
    notifications,
    alertNotices,
    journeys,
    createInsights(platform),
  ];
}

export interface ApplicationOptions {
  readonly connection: DatabaseConnection;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  readonly random: RandomSource;
  readonly logger: FastifyBaseLogger;
  readonly publicUrl: string;
  readonly trustedProxies?: readonly string[];
  /** What HTTPS is served with; undefined: plain HTTP. */
  readonly tls?: TlsSettings;
  readonly administrator: { readonly email: string; readonly password: string | undefined };
  readonly settings?: CapabilitySettings;
  /** Further ones, for tests that need a route or a subscriber of their own. */
  readonly extraCapabilities?: readonly Capability[];
  /** Told of every route, for tests that walk them. */
  readonly onRoute?: (route: RouteOptions) => void;
  /** false: only the doors open; no subscription and no task runs. */
  readonly background?: boolean;
}

export interface Application {
  readonly platform: Platform;
  readonly app: App;
  readonly background: BackgroundRunner;
  /** The first administrator; `password` only where it was made now. */
  readonly administrator: { readonly email: string; readonly password?: string };
  /** Listens and begins the background work; gives the address. Port 0 takes a free one. */
  start(listen: { host: string; port: number }): Promise<string>;
  /** Drains the requests, ends the background work, then the capabilities' own servers. */
  stop(): Promise<void>;
}

const consoleDirectory = new URL('./console/dist', import.meta.url).pathname;

/** Builds the whole cloud on a migrated database. */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { connection, clock, newId, random, logger, publicUrl } = options;
  const platform: Platform = {
    database: connection.database,
    pool: connection.pool,
    clock,
    newId,
    random,
    logger,
    publicUrl,
  };
  const capabilities = [
    ...buildCapabilities(platform, options.settings ?? {}, options.tls?.clientCa !== undefined),
    ...(options.extraCapabilities ?? []),
  ];
  const live = createLiveStream(platform);
  const administrator = await bootstrapAdministrator(platform, options.administrator);
  const app = await createHttp({
    platform,
    capabilities,
    consoleDirectory,
    trustedProxies: options.trustedProxies ?? [],
    ...(options.tls ? { tls: options.tls } : {}),
    ...(options.onRoute ? { onRoute: options.onRoute } : {}),
  });
  live.routes(app);
  const background = createBackgroundRunner({
    database: platform.database,
    pool: platform.pool,
    clock,
    subscriptions: capabilities.flatMap((capability) => capability.subscriptions ?? []),
    tasks: [forgetIdempotencyKeys(platform), ...capabilities.flatMap((capability) => capability.tasks ?? [])],
    onWake: live.wake,
    onError: (name, error) => logger.error({ err: error, task: name }, 'background work failed'),
  });
  return {
    platform,
    app,
    background,
    administrator,
    async start(listen) {
      for (const capability of capabilities) {
        await capability.start?.();
      }
      const address = await listenOn(app, listen);
      if (options.background ?? true) {
        background.start();
      }
      return address;
    },
    async stop() {
      live.stop();
      await app.close();
      await background.stop();
      for (const capability of [...capabilities].reverse()) {
        await capability.stop?.();
      }
    },
  };
}
