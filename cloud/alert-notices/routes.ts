import { Type } from 'typebox';
import {
  type App,
  appendEvent,
  type Database,
  expectedVersion,
  inTransaction,
  type Platform,
  principalOf,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { listNotices } from './notice-store.ts';
import { nobodyToTell } from './problems.ts';
import { deleteRule, findRule, insertRule, listRules, updateRule } from './rule-store.ts';
import type { NoticesGround } from './scheduling.ts';
import { ById, NoticeRule, NoticeRuleInput, NoticeRules, Notices, NoticesQuery } from './schemas.ts';

export function noticeRoutes(app: App, ground: NoticesGround): void {
  readingRoutes(app, ground.platform);
  writingRoutes(app, ground);
}

function readingRoutes(app: App, { database }: Platform): void {
  app.get(
    '/v1/alert-notice-rules',
    {
      config: { permission: 'alerts:read' },
      schema: { summary: 'Who is told of which alerts', response: { 200: NoticeRules } },
    },
    async () => ({ items: await listRules(database) }),
  );

  app.get(
    '/v1/alert-notice-rules/:id',
    {
      config: { permission: 'alerts:read' },
      schema: { summary: 'One rule, with the version to edit', params: ById, response: { 200: NoticeRule } },
    },
    async (request) => findRule(database, request.params.id),
  );

  app.get(
    '/v1/alert-notices',
    {
      config: { permission: 'alerts:read' },
      schema: {
        summary: 'Who was told, is to be told, or need not be and why; newest first',
        querystring: NoticesQuery,
        response: { 200: Notices },
      },
    },
    async (request) => ({ items: await listNotices(database, request.query) }),
  );
}

function writingRoutes(app: App, ground: NoticesGround): void {
  const { database, clock, newId } = ground.platform;
  const told = async (
    transaction: Transaction,
    type: string,
    id: string,
    by: { readonly actor: string; readonly now: Date },
  ): Promise<NoticeRule> => {
    const rule = await findRule(transaction, id);
    const { name, channel, personName, enabled } = rule;
    await appendEvent(transaction, {
      type,
      key: id,
      payload: { ruleId: id, name, channel, personName, enabled },
      actor: by.actor,
      occurredAt: by.now,
    });
    return rule;
  };

  app.post(
    '/v1/alert-notice-rules',
    {
      config: { permission: 'alerts:manage' },
      schema: { body: NoticeRuleInput, response: { 201: NoticeRule } },
    },
    async (request, reply) => {
      const by = { actor: principalOf(request).actor, now: new Date(clock.now()) };
      const id = newId();
      const rule = await inTransaction(database, async (transaction) => {
        await requirePerson(transaction, ground, request.body);
        await insertRule(transaction, id, request.body, by.now);
        return told(transaction, 'alert-notice-rule.created', id, by);
      });
      return reply.status(201).send(rule);
    },
  );

  app.put(
    '/v1/alert-notice-rules/:id',
    {
      config: { permission: 'alerts:manage' },
      schema: { params: ById, body: NoticeRuleInput, response: { 200: NoticeRule } },
    },
    (request) => {
      const by = { actor: principalOf(request).actor, now: new Date(clock.now()) };
      const expected = expectedVersion(request);
      const { id } = request.params;
      return inTransaction(database, async (transaction) => {
        await requirePerson(transaction, ground, request.body);
        await updateRule(transaction, id, request.body, { expected, now: by.now });
        return told(transaction, 'alert-notice-rule.changed', id, by);
      });
    },
  );

  app.delete(
    '/v1/alert-notice-rules/:id',
    {
      config: { permission: 'alerts:manage' },
      schema: { params: ById, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const by = { actor: principalOf(request).actor, now: new Date(clock.now()) };
      const { id } = request.params;
      await inTransaction(database, async (transaction) => {
        await told(transaction, 'alert-notice-rule.deleted', id, by);
        await deleteRule(transaction, id);
      });
      return reply.status(204).send(null);
    },
  );
}

/** One person, who has an address of the channel. */
async function requirePerson(
  database: Database,
  { accounts }: NoticesGround,
  input: NoticeRuleInput,
): Promise<void> {
  const contactId = input.contactId ?? null;
  const userId = input.userId ?? null;
  if ((contactId === null) === (userId === null)) {
    throw nobodyToTell('contactId', 'A rule names one person: a contact or a user.');
  }
  if (contactId !== null) {
    const contact = await accounts.findContact(database, contactId);
    if ((input.channel === 'sms' ? contact?.phone : contact?.email) == null) {
      throw nobodyToTell(
        'contactId',
        `There is no such contact, or none with an address for ${input.channel}: ${contactId}.`,
      );
    }
    return;
  }
  const found = await sql`select from users where id = ${userId} and disabled_at is null`.execute(database);
  if (input.channel === 'sms' || found.rows.length === 0) {
    throw nobodyToTell(
      'userId',
      `There is no such user, or the channel is not email (users have no phone number): ${userId}.`,
    );
  }
}
