import {
  type App,
  expectedVersion,
  inTransaction,
  listPeopleWhoMay,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { doesTheWork, type WorkOrdersGround } from './ground.ts';
import { addNote, edit } from './handling.ts';
import { openByHand } from './opening.ts';
import { presentWorkOrder, toSummary } from './presentation.ts';
import {
  ById,
  NewWorkOrder,
  Note,
  Technicians,
  WorkOrder,
  WorkOrderEdit,
  WorkOrderPage,
  WorkOrdersQuery,
} from './schemas.ts';
import { listWorkOrders } from './store.ts';

export function workOrderRoutes(app: App, ground: WorkOrdersGround): void {
  const { database } = ground.platform;

  app.get(
    '/v1/work-orders',
    {
      config: { permission: 'work-orders:read' },
      schema: { querystring: WorkOrdersQuery, response: { 200: WorkOrderPage } },
    },
    async (request) => {
      const limit = request.query.limit ?? 50;
      const position = readCursor(request.query.cursor, ['time', 'uuid']);
      const rows = await listWorkOrders(database, request.query, {
        limit,
        ...(position ? { before: { createdAt: position[0], id: position[1] } } : {}),
      });
      return toPage(rows, limit, toSummary, (row) => [row.created_at.toISOString(), row.id]);
    },
  );

  app.get(
    '/v1/work-orders/technicians',
    { config: { permission: 'work-orders:read' }, schema: { response: { 200: Technicians } } },
    async () => ({ items: await listPeopleWhoMay(database, doesTheWork) }),
  );

  app.get(
    '/v1/work-orders/:id',
    { config: { permission: 'work-orders:read' }, schema: { params: ById, response: { 200: WorkOrder } } },
    async (request) => presentWorkOrder(database, request.params.id),
  );

  app.post(
    '/v1/work-orders',
    {
      config: { permission: 'work-orders:write' },
      schema: { body: NewWorkOrder, response: { 201: WorkOrder } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const id = await inTransaction(database, (transaction) =>
        openByHand(transaction, ground, request.body, actor),
      );
      return reply.status(201).send(await presentWorkOrder(database, id));
    },
  );

  app.put(
    '/v1/work-orders/:id',
    {
      config: { permission: 'work-orders:write' },
      schema: { params: ById, body: WorkOrderEdit, response: { 200: WorkOrder } },
    },
    async (request) => {
      const change = {
        workOrderId: request.params.id,
        expectedVersion: expectedVersion(request),
        actor: principalOf(request).actor,
        input: request.body,
      };
      await inTransaction(database, (transaction) => edit(transaction, ground, change));
      return presentWorkOrder(database, change.workOrderId);
    },
  );

  app.post(
    '/v1/work-orders/:id/notes',
    {
      config: { permission: 'work-orders:write' },
      schema: { params: ById, body: Note, response: { 201: WorkOrder } },
    },
    async (request, reply) => {
      const note = {
        workOrderId: request.params.id,
        text: request.body.text,
        actor: principalOf(request).actor,
      };
      await inTransaction(database, (transaction) => addNote(transaction, ground, note));
      return reply.status(201).send(await presentWorkOrder(database, note.workOrderId));
    },
  );
}
