import { AndonError } from '@andon/shared/kernel';
import {
  type App,
  inTransaction,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import type { HoldParts } from './holding.ts';
import { toShelf } from './presentation.ts';
import type { Presenting } from './routes.ts';
import { AnyAlert, ById, ShelfPage, ShelvesQuery, ShelvingEdit } from './schemas.ts';
import { listOpenShelves } from './shelf-store.ts';
import { shelve, unshelve } from './shelving.ts';
import { findAlerts } from './store.ts';
import type { AlertRow } from './tables.ts';

/** Keeping alerts quiet for a while. */
export function shelfRoutes(
  app: App,
  parts: HoldParts & { readonly platform: Platform },
  present: (row: AlertRow) => Promise<AnyAlert>,
  presentAll: Presenting,
): void {
  const { platform } = parts;
  const { database } = platform;
  app.post(
    '/v1/alerts/:id/shelve',
    {
      config: { permission: 'alerts:write' },
      schema: {
        summary:
          'Keeps an alert quiet: it pages nobody and starts no escalation until it comes back by itself',
        params: ById,
        body: ShelvingEdit,
        response: { 200: AnyAlert },
      },
    },
    async (request) => {
      const { kind, until, reason } = request.body;
      if (kind === 'timed' && until === undefined) {
        throw new AndonError({
          code: 'alerts.shelf-without-end',
          message: 'A timed shelf says until when.',
          nextStep: 'Send until, or kind one-shot.',
          field: 'until',
          status: 422,
        });
      }
      const shelving = {
        alertId: request.params.id,
        kind,
        until: until === undefined ? undefined : new Date(until),
        reason,
        actor: principalOf(request).actor,
      };
      return present(await inTransaction(database, (transaction) => shelve(transaction, platform, shelving)));
    },
  );

  app.post(
    '/v1/alerts/:id/unshelve',
    { config: { permission: 'alerts:write' }, schema: { params: ById, response: { 200: AnyAlert } } },
    async (request) => {
      const { actor } = principalOf(request);
      return present(
        await inTransaction(database, (transaction) =>
          unshelve(transaction, parts, request.params.id, actor),
        ),
      );
    },
  );

  app.get(
    '/v1/alerts/shelves',
    {
      config: { permission: 'alerts:read' },
      schema: {
        summary: 'What is shelved now, the first to come back first',
        querystring: ShelvesQuery,
        response: { 200: ShelfPage },
      },
    },
    async (request) => {
      const { limit = 50, cursor } = request.query;
      const position = readCursor(cursor, ['time', 'uuid']);
      const shelves = await listOpenShelves(database, {
        limit,
        ...(position && { after: { until: position[0], id: position[1] } }),
      });
      const alertIds = shelves.slice(0, limit).map((shelf) => shelf.alert_id);
      const alerts = await presentAll(database, await findAlerts(database, alertIds));
      const names = new Map(alerts.map((alert) => [alert.id, alert.deviceName]));
      return toPage(
        shelves,
        limit,
        (shelf) => toShelf(shelf, names.get(shelf.alert_id)),
        (shelf) => [shelf.until_time.toISOString(), shelf.id],
      );
    },
  );
}
