import {
  type App,
  appendEvent,
  expectedVersion,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { insertAccount, listAccounts, requireAccount, toAccount, updateAccount } from './account-store.ts';
import { insertContact, listContacts, requireContact, toContact, updateContact } from './contact-store.ts';
import {
  Account,
  AccountInput,
  AccountsQuery,
  ById,
  Contact,
  ContactInput,
  ContactsQuery,
} from './schemas.ts';

export function accountRoutes(app: App, platform: Platform): void {
  const read = { permission: 'accounts:read' } as const;
  const write = { permission: 'accounts:write' } as const;
  const tags = ['accounts'];

  app.get(
    '/v1/accounts',
    { config: read, schema: { tags, querystring: AccountsQuery, response: { 200: Page(Account) } } },
    async (request) => {
      const { q, parentId, limit = 50, cursor } = request.query;
      const before = readCursor(cursor, ['uuid']);
      const rows = await listAccounts(platform.database, {
        q,
        parentId,
        limit,
        ...(before && { beforeId: before[0] }),
      });
      return toPage(rows, limit, toAccount, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/accounts/:id',
    { config: read, schema: { tags, params: ById, response: { 200: Account } } },
    async (request) => requireAccount(platform.database, request.params.id),
  );

  app.post(
    '/v1/accounts',
    { config: write, schema: { tags, body: AccountInput, response: { 201: Account } } },
    async (request, reply) => {
      const now = new Date(platform.clock.now());
      const account = await inTransaction(platform.database, async (transaction) => {
        const created = await insertAccount(transaction, {
          id: platform.newId(),
          input: request.body,
          now,
        });
        await appendEvent(transaction, {
          type: 'account.created',
          key: created.id,
          payload: { accountId: created.id, name: created.name },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return created;
      });
      return reply.status(201).send(account);
    },
  );

  app.put(
    '/v1/accounts/:id',
    { config: write, schema: { tags, params: ById, body: AccountInput, response: { 200: Account } } },
    async (request) => {
      const now = new Date(platform.clock.now());
      return inTransaction(platform.database, async (transaction) => {
        const changed = await updateAccount(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        });
        await appendEvent(transaction, {
          type: 'account.changed',
          key: changed.id,
          payload: { accountId: changed.id, name: changed.name },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return changed;
      });
    },
  );
}

export function contactRoutes(app: App, platform: Platform): void {
  const read = { permission: 'accounts:read' } as const;
  const write = { permission: 'accounts:write' } as const;
  const tags = ['contacts'];

  app.get(
    '/v1/contacts',
    { config: read, schema: { tags, querystring: ContactsQuery, response: { 200: Page(Contact) } } },
    async (request) => {
      const { q, accountId, limit = 50, cursor } = request.query;
      const before = readCursor(cursor, ['uuid']);
      const rows = await listContacts(platform.database, {
        q,
        accountId,
        limit,
        ...(before && { beforeId: before[0] }),
      });
      return toPage(rows, limit, toContact, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/contacts/:id',
    { config: read, schema: { tags, params: ById, response: { 200: Contact } } },
    async (request) => requireContact(platform.database, request.params.id),
  );

  app.post(
    '/v1/contacts',
    { config: write, schema: { tags, body: ContactInput, response: { 201: Contact } } },
    async (request, reply) => {
      const now = new Date(platform.clock.now());
      const contact = await inTransaction(platform.database, async (transaction) => {
        const created = await insertContact(transaction, {
          id: platform.newId(),
          input: request.body,
          now,
        });
        await appendEvent(transaction, {
          type: 'contact.created',
          key: created.id,
          payload: { contactId: created.id, accountId: created.accountId },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return created;
      });
      return reply.status(201).send(contact);
    },
  );

  app.put(
    '/v1/contacts/:id',
    { config: write, schema: { tags, params: ById, body: ContactInput, response: { 200: Contact } } },
    async (request) => {
      const now = new Date(platform.clock.now());
      return inTransaction(platform.database, async (transaction) => {
        const changed = await updateContact(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        });
        await appendEvent(transaction, {
          type: 'contact.changed',
          key: changed.id,
          payload: { contactId: changed.id, accountId: changed.accountId },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return changed;
      });
    },
  );
}
