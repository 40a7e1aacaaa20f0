import {
  type App,
  type Database,
  inTransaction,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { cancelCommand } from './cancel.ts';
import type { HoldsOfDevice } from './holding.ts';
import { issueCommand } from './issue.ts';
import { type CommandFilter, listCommands } from './lists.ts';
import { type CommandsDependencies, noSuchDevice, senderOf } from './order.ts';
import { present, requireCommand } from './presentation.ts';
import { retryCommand } from './retry.ts';
import {
  AllCommandsQuery,
  ByDevice,
  ById,
  Command,
  CommandPage,
  CommandsQuery,
  Holds,
  HoldsQuery,
  NewCommand,
  RetryInput,
} from './schemas.ts';

export function registerRoutes(
  app: App,
  platform: Platform,
  dependencies: CommandsDependencies,
  holdsOf: HoldsOfDevice,
): void {
  const { database } = platform;

  app.post(
    '/v1/devices/:id/commands',
    {
      config: { permission: 'commands:send' },
      schema: { params: ByDevice, body: NewCommand, response: { 201: Command } },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const [actor, sender] = [principal.actor, senderOf(principal)];
      const command = await inTransaction(database, async (transaction) => {
        const order = { deviceId: request.params.id, ...request.body, actor, sender };
        const { commandId } = await issueCommand(transaction, platform, dependencies, order);
        return requireCommand(transaction, commandId);
      });
      return reply.status(201).send(command);
    },
  );

  app.get(
    '/v1/devices/:id/commands',
    {
      config: { permission: 'commands:read' },
      schema: { params: ByDevice, querystring: CommandsQuery, response: { 200: CommandPage } },
    },
    async (request) =>
      pageOf(database, { deviceId: request.params.id, state: request.query.state }, request.query),
  );

  app.get(
    '/v1/commands',
    {
      config: { permission: 'commands:read' },
      schema: { querystring: AllCommandsQuery, response: { 200: CommandPage } },
    },
    async (request) => {
      const { from, to, ...filter } = request.query;
      const times = {
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      };
      return pageOf(database, { ...filter, ...times }, request.query);
    },
  );

  app.get(
    '/v1/commands/:id',
    { config: { permission: 'commands:read' }, schema: { params: ById, response: { 200: Command } } },
    async (request) => requireCommand(database, request.params.id),
  );

  app.post(
    '/v1/commands/:id/cancel',
    { config: { permission: 'commands:send' }, schema: { params: ById, response: { 202: Command } } },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const command = await inTransaction(database, async (transaction) => {
        const cancel = { commandId: request.params.id, actor };
        await cancelCommand(transaction, platform, dependencies, cancel);
        return requireCommand(transaction, cancel.commandId);
      });
      return reply.status(202).send(command);
    },
  );

  retryRoutes(app, platform, dependencies, holdsOf);
}

/** To try again, and what to know before it: what a person sends alone is sent whatever speaks against it. */
function retryRoutes(
  app: App,
  platform: Platform,
  dependencies: CommandsDependencies,
  holdsOf: HoldsOfDevice,
): void {
  const { database, clock } = platform;

  app.get(
    '/v1/devices/:id/holds',
    {
      config: { permission: 'commands:read' },
      schema: { params: ByDevice, querystring: HoldsQuery, response: { 200: Holds } },
    },
    async (request) => {
      const { jobId = null } = request.query;
      const { id } = request.params;
      if (!(await dependencies.devices.findDevices(database, [id])).has(id)) {
        throw noSuchDevice(id);
      }
      const question = { deviceId: id, jobId, despite: [], now: clock.now() };
      return { reasons: [...(await holdsOf(database, question)).reasons] };
    },
  );

  app.post(
    '/v1/commands/:id/retry',
    {
      config: { permission: 'commands:send' },
      schema: { params: ById, body: RetryInput, response: { 201: Command } },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const [actor, sender] = [principal.actor, senderOf(principal)];
      const order = { commandId: request.params.id, actor, sender, despite: request.body?.despite ?? [] };
      const command = await inTransaction(database, async (transaction) => {
        const commandId = await retryCommand(transaction, platform, dependencies, holdsOf, order);
        return requireCommand(transaction, commandId);
      });
      return reply.status(201).send(command);
    },
  );
}

/** Newest first. */
async function pageOf(
  database: Database,
  filter: CommandFilter,
  asked: { limit?: number | undefined; cursor?: string | undefined },
) {
  const limit = asked.limit ?? 50;
  const position = readCursor(asked.cursor, ['time', 'uuid']);
  const rows = await listCommands(database, filter, {
    limit,
    ...(position ? { before: { issuedAt: position[0], id: position[1] } } : {}),
  });
  const page = toPage(
    rows,
    limit,
    (row) => row,
    (row) => [row.issued_at.toISOString(), row.id],
  );
  return { items: await present(database, page.items), nextCursor: page.nextCursor };
}
