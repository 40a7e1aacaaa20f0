import { type App, appendEvent, inTransaction, type Platform, principalOf } from '../platform/index.ts';
import { requireAccount } from './account-store.ts';
import { CustomerHours, findHours, type HoursOwner, keepHours } from './customer-hours.ts';
import { ById } from './schemas.ts';
import { requireSite } from './site-store.ts';

/** `GET` and `PUT /v1/accounts/:id/hours`, and the same of sites. */
export function hoursRoutes(app: App, platform: Platform): void {
  const tags = ['customer-hours'];
  const answer = async (owner: HoursOwner): Promise<CustomerHours> =>
    (await findHours(platform.database, owner)) ?? { timeZone: 'UTC', weekly: [] };
  const owners = [
    {
      path: '/v1/accounts/:id/hours',
      ownerOf: async (id: string) => ({ accountId: (await requireAccount(platform.database, id)).id }),
    },
    {
      path: '/v1/sites/:id/hours',
      ownerOf: async (id: string) => ({ siteId: (await requireSite(platform.database, id)).id }),
    },
  ];
  for (const { path, ownerOf } of owners) {
    app.get(
      path,
      {
        config: { permission: 'accounts:read' },
        schema: { tags, params: ById, response: { 200: CustomerHours } },
      },
      async (request) => answer(await ownerOf(request.params.id)),
    );
    app.put(
      path,
      {
        config: { permission: 'accounts:write' },
        schema: { tags, params: ById, body: CustomerHours, response: { 200: CustomerHours } },
      },
      async (request) => {
        const owner = await ownerOf(request.params.id);
        const now = new Date(platform.clock.now());
        await inTransaction(platform.database, async (transaction) => {
          await keepHours(transaction, platform.newId, { owner, input: request.body, now });
          await appendEvent(transaction, {
            type: 'customer-hours.changed',
            key: request.params.id,
            payload: { ...owner, ...request.body },
            actor: principalOf(request).actor,
            occurredAt: now,
          });
        });
        return answer(owner);
      },
    );
  }
}
