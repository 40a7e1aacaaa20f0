import {
  type App,
  changeAndTell,
  expectedVersion,
  Page,
  type Platform,
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
  const payloadOf = ({ id, name }: Account) => ({ accountId: id, name });
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
      const telling = { type: 'account.created', payloadOf };
      const account = await changeAndTell(platform, request, telling, (transaction, now) =>
        insertAccount(transaction, { id: platform.newId(), input: request.body, now }),
      );
      return reply.status(201).send(account);
    },
  );

  app.put(
    '/v1/accounts/:id',
    { config: write, schema: { tags, params: ById, body: AccountInput, response: { 200: Account } } },
    async (request) => {
      const telling = { type: 'account.changed', payloadOf };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        updateAccount(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        }),
      );
    },
  );
}

export function contactRoutes(app: App, platform: Platform): void {
  const payloadOf = ({ id, accountId }: Contact) => ({ contactId: id, accountId });
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
      const telling = { type: 'contact.created', payloadOf };
      const contact = await changeAndTell(platform, request, telling, (transaction, now) =>
        insertContact(transaction, { id: platform.newId(), input: request.body, now }),
      );
      return reply.status(201).send(contact);
    },
  );

  app.put(
    '/v1/contacts/:id',
    { config: write, schema: { tags, params: ById, body: ContactInput, response: { 200: Contact } } },
    async (request) => {
      const telling = { type: 'contact.changed', payloadOf };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        updateContact(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        }),
      );
    },
  );
}
