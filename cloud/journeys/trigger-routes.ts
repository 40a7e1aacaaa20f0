import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import type { Accounts } from '../accounts/index.ts';
import {
  type App,
  appendEvent,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { type Attribute, findAttributeIssue } from './attributes.ts';
import { raiseTrigger } from './raise.ts';
import {
  ByName,
  PageQuery,
  Trigger,
  TriggerEvent,
  TriggerEventInput,
  TriggerInput,
  TriggersQuery,
} from './schemas.ts';
import type { TriggerEventRow, TriggerRow } from './tables.ts';
import {
  insertTrigger,
  listTriggerEvents,
  listTriggers,
  makeTriggerReady,
  requireTrigger,
} from './trigger-store.ts';

const tags = ['triggers'];

export function addTriggerRoutes(app: App, platform: Platform): void {
  const now = () => new Date(platform.clock.now());
  app.get(
    '/v1/triggers',
    {
      config: { permission: 'triggers:read' },
      schema: {
        summary: 'What can begin or move a journey',
        tags,
        querystring: TriggersQuery,
        response: { 200: Page(Trigger) },
      },
    },
    async ({ query: { limit = 50, cursor, q } }) => {
      const rows = await listTriggers(platform.database, {
        q,
        limit,
        afterName: readCursor(cursor, ['text'])?.[0],
      });
      return toPage(rows, limit, toTrigger, (row) => [row.name]);
    },
  );
  app.post(
    '/v1/triggers',
    {
      config: { permission: 'triggers:write' },
      schema: {
        summary: 'Make a trigger; a draft cannot be raised',
        tags,
        body: TriggerInput,
        response: { 201: Trigger },
      },
    },
    async (request, reply) => {
      const made = await createTrigger(platform, request.body, principalOf(request).actor);
      return reply.status(201).send(toTrigger(made));
    },
  );
  app.get(
    '/v1/triggers/:name',
    {
      config: { permission: 'triggers:read' },
      schema: { summary: 'One trigger', tags, params: ByName, response: { 200: Trigger } },
    },
    async (request) => toTrigger(await requireTrigger(platform.database, request.params.name)),
  );
  app.post(
    '/v1/triggers/:name/ready',
    {
      config: { permission: 'triggers:write' },
      schema: {
        summary: 'Make a draft ready to use',
        tags,
        params: ByName,
        response: { 200: Trigger },
      },
    },
    (request) =>
      inTransaction(platform.database, async (transaction) => {
        const { name } = request.params;
        if (await makeTriggerReady(transaction, name, now())) {
          await appendEvent(transaction, {
            type: 'trigger.made-ready',
            key: name,
            payload: { trigger: name },
            actor: principalOf(request).actor,
            occurredAt: now(),
          });
        }
        return toTrigger(await requireTrigger(transaction, name));
      }),
  );
}

export function addTriggerEventRoutes(
  app: App,
  platform: Platform,
  accounts: Pick<Accounts, 'findContact'>,
): void {
  app.post(
    '/v1/triggers/:name/events',
    {
      config: { permission: 'triggers:raise' },
      schema: {
        summary: 'Raise a trigger, or send a test of it to one contact',
        tags,
        params: ByName,
        body: TriggerEventInput,
        response: { 202: Type.Object({ id: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { attributes, contactId = null, test = false } = request.body;
      const raised = await inTransaction(platform.database, async (transaction) => {
        const trigger = await requireTrigger(transaction, request.params.name);
        refuseUnfit(trigger, attributes);
        if (contactId === null ? test : (await accounts.findContact(transaction, contactId)) === undefined) {
          throw new AndonError({
            code: 'journeys.contact-unknown',
            message: contactId === null ? 'A test is for a contact.' : 'There is no such contact.',
            nextStep: 'Name a contact of GET /v1/contacts.',
            field: 'contactId',
            status: 422,
          });
        }
        return raiseTrigger(platform, transaction, {
          trigger,
          attributes,
          contactId,
          test,
          actor: principalOf(request).actor,
          causedBy: null,
          depth: 1,
        });
      });
      if (raised.kind !== 'raised') {
        throw new Error(`a trigger that was checked is ${raised.kind}`);
      }
      return reply.status(202).send({ id: raised.id });
    },
  );
  app.get(
    '/v1/triggers/:name/events',
    {
      config: { permission: 'triggers:read' },
      schema: {
        summary: 'When a trigger was raised, and with what; newest first',
        tags,
        params: ByName,
        querystring: PageQuery,
        response: { 200: Page(TriggerEvent) },
      },
    },
    async ({ params, query: { limit = 50, cursor } }) => {
      const trigger = await requireTrigger(platform.database, params.name);
      const rows = await listTriggerEvents(platform.database, {
        trigger: trigger.name,
        limit,
        beforeSequence: readCursor(cursor, ['number'])?.[0],
      });
      return toPage(rows, limit, toTriggerEvent, (row) => [row.sequence]);
    },
  );
}

async function createTrigger(platform: Platform, input: TriggerInput, actor: string): Promise<TriggerRow> {
  refuseTwins(input.attributes);
  const { name, title, attributes, status = 'draft' } = input;
  const now = new Date(platform.clock.now());
  const made = await inTransaction(platform.database, async (transaction) => {
    const id = platform.newId();
    const trigger = await insertTrigger(transaction, {
      id,
      name,
      title,
      attributes,
      status,
      builtIn: false,
      now,
    });
    if (trigger !== undefined) {
      const payload = { trigger: name, title, status };
      await appendEvent(transaction, { type: 'trigger.created', key: id, payload, actor, occurredAt: now });
    }
    return trigger;
  });
  if (made === undefined) {
    throw new AndonError({
      code: 'journeys.trigger-exists',
      message: `There is a trigger ${name} already.`,
      nextStep: 'Choose another name.',
      field: 'name',
      status: 409,
    });
  }
  return made;
}

function refuseTwins(attributes: readonly Attribute[]): void {
  const names = attributes.map((attribute) => attribute.name);
  const index = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (index >= 0) {
    throw new AndonError({
      code: 'journeys.attribute-twice',
      message: `Two attributes have the name ${names[index]}.`,
      nextStep: 'Give each attribute a name of its own.',
      field: `attributes.${index}.name`,
      status: 422,
    });
  }
}

function refuseUnfit(trigger: TriggerRow, attributes: Readonly<Record<string, unknown>>): void {
  const issue = findAttributeIssue(trigger.attributes, attributes);
  if (issue !== undefined) {
    throw new AndonError({
      code: 'journeys.attribute-invalid',
      message: issue.message,
      nextStep: `See GET /v1/triggers/${trigger.name} for its attributes.`,
      field: `attributes.${issue.attribute}`,
      status: 422,
    });
  }
  if (trigger.status === 'draft') {
    throw new AndonError({
      code: 'journeys.trigger-is-draft',
      message: `The trigger ${trigger.name} is a draft and cannot be raised.`,
      nextStep: `Make it ready with POST /v1/triggers/${trigger.name}/ready.`,
      status: 409,
    });
  }
}

function toTrigger(row: TriggerRow): Trigger {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    attributes: row.attributes,
    status: row.status,
    builtIn: row.built_in,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function toTriggerEvent(row: TriggerEventRow): TriggerEvent {
  return {
    id: row.id,
    trigger: row.trigger_name,
    attributes: { ...row.attributes },
    contactId: row.contact_id,
    runId: row.run_id,
    stepId: row.step_id,
    test: row.test,
    state: row.state,
    reason: row.reason,
    actor: row.actor,
    raisedAt: row.raised_at.toISOString(),
  };
}
