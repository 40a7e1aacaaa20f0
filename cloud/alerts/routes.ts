import { AndonError } from '@andon/shared/kernel';
import {
  type App,
  type Database,
  inTransaction,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { findRecordings, listShelvings } from './edge-records.ts';
import { acknowledge, changeStatus } from './handling.ts';
import { noSuchAlert, toAlert, toRecording, toShelving, toTransition } from './presentation.ts';
import {
  Alert,
  AlertPage,
  AlertSummary,
  AlertsQuery,
  AlertWithTransitions,
  ById,
  Recordings,
  Shelvings,
  ShelvingsQuery,
  StatusChange,
} from './schemas.ts';
import { type AlertFilter, countOpen, findAlert, listAlerts, listTransitions } from './store.ts';
import type { AlertRow } from './tables.ts';
import { workRoutes } from './work-routes.ts';

/** The names of devices, for lists. */
export type DeviceNames = (
  database: Database,
  ids: readonly string[],
) => Promise<ReadonlyMap<string, string>>;

export function registerRoutes(app: App, platform: Platform, deviceNames: DeviceNames): void {
  const present = async (row: AlertRow): Promise<Alert> =>
    toAlert(row, (await deviceNames(platform.database, [row.device_id])).get(row.device_id));
  readingRoutes(app, platform, deviceNames);
  summaryRoute(app, platform);
  edgeRoutes(app, platform);
  handlingRoutes(app, platform, present);
  workRoutes(app, platform, present);
}

function readingRoutes(app: App, { database }: Platform, deviceNames: DeviceNames): void {
  app.get(
    '/v1/alerts',
    {
      config: { permission: 'alerts:read' },
      schema: { querystring: AlertsQuery, response: { 200: AlertPage } },
    },
    async (request) => {
      const limit = request.query.limit ?? 50;
      const rows = await listAlerts(database, filterOf(request.query), {
        limit,
        ...positionOf(request.query),
      });
      const names = await deviceNames(database, [...new Set(rows.map((row) => row.device_id))]);
      return toPage(
        rows,
        limit,
        (row) => toAlert(row, names.get(row.device_id)),
        (row) => [row.raised_at.toISOString(), row.id],
      );
    },
  );

  app.get(
    '/v1/alerts/:id',
    {
      config: { permission: 'alerts:read' },
      schema: { params: ById, response: { 200: AlertWithTransitions } },
    },
    async (request) => {
      const row = await findAlert(database, request.params.id);
      if (row === undefined) {
        throw noSuchAlert();
      }
      const transitions = await listTransitions(database, [row.id]);
      const names = await deviceNames(database, [row.device_id]);
      return { ...toAlert(row, names.get(row.device_id)), transitions: transitions.map(toTransition) };
    },
  );
}

function summaryRoute(app: App, { database }: Platform): void {
  app.get(
    '/v1/alerts/summary',
    { config: { permission: 'alerts:read' }, schema: { response: { 200: AlertSummary } } },
    async () => {
      const counts = await countOpen(database);
      const bySeverity = { CRITICAL: 0, MAJOR: 0, MINOR: 0, WARNING: 0, INDETERMINATE: 0 };
      for (const count of counts) {
        bySeverity[count.severity] += count.count;
      }
      const sum = (some: typeof counts): number => some.reduce((total, each) => total + each.count, 0);
      return {
        open: sum(counts),
        unacknowledged: sum(counts.filter((each) => !each.acknowledged)),
        bySeverity,
      };
    },
  );
}

/** What the edge tells beside the alerts themselves. */
function edgeRoutes(app: App, { database }: Platform): void {
  app.get(
    '/v1/alerts/:id/recording',
    { config: { permission: 'alerts:read' }, schema: { params: ById, response: { 200: Recordings } } },
    async (request) => {
      if ((await findAlert(database, request.params.id)) === undefined) {
        throw noSuchAlert();
      }
      return { parts: (await findRecordings(database, request.params.id)).map(toRecording) };
    },
  );

  app.get(
    '/v1/alerts/shelvings',
    {
      config: { permission: 'alerts:read' },
      schema: { querystring: ShelvingsQuery, response: { 200: Shelvings } },
    },
    async (request) => ({
      items: (await listShelvings(database, request.query.deviceId)).map(toShelving),
    }),
  );
}

function handlingRoutes(app: App, platform: Platform, present: (row: AlertRow) => Promise<Alert>): void {
  const { database } = platform;
  app.post(
    '/v1/alerts/:id/acknowledge',
    { config: { permission: 'alerts:write' }, schema: { params: ById, response: { 200: Alert } } },
    async (request) => {
      const { actor } = principalOf(request);
      return present(
        await inTransaction(database, (transaction) =>
          acknowledge(transaction, platform, request.params.id, actor),
        ),
      );
    },
  );

  app.post(
    '/v1/alerts/:id/status',
    {
      config: { permission: 'alerts:write' },
      schema: { params: ById, body: StatusChange, response: { 200: Alert } },
    },
    async (request) => {
      const { status, reason } = request.body;
      if (status === 'inactive') {
        throw new AndonError({
          code: 'alerts.inactive-by-itself',
          message: 'An alert becomes inactive by itself, when its condition clears.',
          nextStep: 'Choose in-progress or closed.',
          field: 'status',
          status: 422,
        });
      }
      const { actor } = principalOf(request);
      return present(
        await inTransaction(database, (transaction) =>
          changeStatus(transaction, platform, {
            alertId: request.params.id,
            to: status,
            reason: reason ?? null,
            actor,
          }),
        ),
      );
    },
  );
}

function filterOf(query: AlertsQuery): AlertFilter {
  const { limit: _limit, cursor: _cursor, ...filter } = query;
  return filter;
}

function positionOf(query: AlertsQuery): { before?: { raisedAt: string; id: string } } {
  const position = readCursor(query.cursor, ['time', 'uuid']);
  return position === undefined ? {} : { before: { raisedAt: position[0], id: position[1] } };
}
