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
import { type HoldParts, subjectOf } from './holding.ts';
import { noSuchAlert, toAlert, toRecording, toShelf, toShelving, toTransition } from './presentation.ts';
import {
  AlertPage,
  AlertSummary,
  AlertsQuery,
  AnyAlert,
  ById,
  Recordings,
  Shelvings,
  ShelvingsQuery,
  StatusChange,
  WholeAlert,
} from './schemas.ts';
import { settingsRoutes } from './settings-routes.ts';
import { shelfRoutes } from './shelf-routes.ts';
import { findOpenShelf } from './shelf-store.ts';
import { type AlertFilter, countOpen, countUnder, findAlert, listAlerts, listTransitions } from './store.ts';
import type { AlertRow } from './tables.ts';
import { workRoutes } from './work-routes.ts';

/** Alerts as they are shown: with the names of their devices and gateways. */
export type Presenting = (database: Database, rows: readonly AlertRow[]) => Promise<AnyAlert[]>;

export function registerRoutes(
  app: App,
  platform: Platform,
  presentAll: Presenting,
  parts: HoldParts & { readonly platform: Platform },
): void {
  const present = async (row: AlertRow): Promise<AnyAlert> => {
    const [alert] = await presentAll(platform.database, [row]);
    return alert ?? toAlert(row, undefined);
  };
  readingRoutes(app, platform, presentAll);
  summaryRoute(app, platform);
  edgeRoutes(app, platform);
  handlingRoutes(app, platform, present);
  workRoutes(app, platform, present);
  shelfRoutes(app, parts, present, presentAll);
  settingsRoutes(app, platform);
}

function readingRoutes(app: App, { database }: Platform, presentAll: Presenting): void {
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
      const shown = new Map((await presentAll(database, rows)).map((alert) => [alert.id, alert]));
      return toPage(
        rows,
        limit,
        (row) => shown.get(row.id) ?? toAlert(row, undefined),
        (row) => [row.raised_at.toISOString(), row.id],
      );
    },
  );

  app.get(
    '/v1/alerts/:id',
    {
      config: { permission: 'alerts:read' },
      schema: { params: ById, response: { 200: WholeAlert } },
    },
    async (request) => {
      const row = await findAlert(database, request.params.id);
      if (row === undefined) {
        throw noSuchAlert();
      }
      const transitions = await listTransitions(database, [row.id]);
      const [alert = toAlert(row, undefined)] = await presentAll(database, [row]);
      const shelf = row.hold === 'shelved' ? await findOpenShelf(database, subjectOf(row)) : undefined;
      return {
        ...alert,
        ...(await countUnder(database, row.id)),
        transitions: transitions.map(toTransition),
        shelf: shelf === undefined ? null : toShelf(shelf, undefined),
      };
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
        held: sum(counts.filter((each) => each.held)),
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

function handlingRoutes(app: App, platform: Platform, present: (row: AlertRow) => Promise<AnyAlert>): void {
  const { database } = platform;
  app.post(
    '/v1/alerts/:id/acknowledge',
    { config: { permission: 'alerts:write' }, schema: { params: ById, response: { 200: AnyAlert } } },
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
      schema: { params: ById, body: StatusChange, response: { 200: AnyAlert } },
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
