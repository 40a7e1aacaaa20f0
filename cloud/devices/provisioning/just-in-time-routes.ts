import { AndonError } from '@andon/shared/kernel';
import { type App, inTransaction, Page, principalOf, readCursor, toPage } from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { listDiscoveries, takeDiscovery, toDiscovery } from './just-in-time.ts';
import {
  DiscoveriesInput,
  DiscoveriesQuery,
  Discovery,
  type DiscoveryOutcome,
  DiscoveryOutcomes,
} from './just-in-time-schemas.ts';

const tags = ['devices'];

/** Somebody was faster with a device of this id, and now it is known whose it is. */
const isIdTaken = (error: unknown): boolean =>
  error instanceof AndonError && error.code === 'devices.device-id-taken';

/** Gateways tell of devices; people see what became of them. */
export function discoveryRoutes(app: App, dependencies: Dependencies): void {
  const { database } = dependencies.platform;

  app.post(
    '/v1/gateway/devices',
    {
      config: { permission: 'gateway:connect' },
      schema: { tags, body: DiscoveriesInput, response: { 200: DiscoveryOutcomes } },
    },
    async (request) => {
      const gatewayId = principalOf(request).id;
      const items: DiscoveryOutcome[] = [];
      for (const discovery of request.body.devices) {
        const take = () =>
          inTransaction(database, (transaction) =>
            takeDiscovery(dependencies, transaction, { gatewayId, discovery }),
          );
        items.push(
          await take().catch((error: unknown) => (isIdTaken(error) ? take() : Promise.reject(error))),
        );
      }
      return { items };
    },
  );

  app.get(
    '/v1/device-discoveries',
    {
      config: { permission: 'devices:read' },
      schema: { tags, querystring: DiscoveriesQuery, response: { 200: Page(Discovery) } },
    },
    async (request) => {
      const { limit = 50, cursor, gatewayId, outcome } = request.query;
      const after = readCursor(cursor, ['text', 'text']);
      const rows = await listDiscoveries(database, { gatewayId, outcome, limit, ...(after && { after }) });
      return toPage(rows, limit, toDiscovery, (row) => [row.gateway_id, row.device_id]);
    },
  );
}
