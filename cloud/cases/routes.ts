import type { FastifyRequest } from 'fastify';
import {
  type App,
  expectedVersion,
  inTransaction,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import type { CasesGround } from './ground.ts';
import { addNote, changeStatus, edit } from './handling.ts';
import { openByHand } from './opening.ts';
import { presentCase, toSummary } from './presentation.ts';
import {
  ById,
  Case,
  CaseEdit,
  CasePage,
  CasesQuery,
  Explanation,
  NewCase,
  Note,
  Resolve,
  StatusReasonChange,
} from './schemas.ts';
import type { CaseStatusReason } from './status.ts';
import { listCases } from './store.ts';

export function caseRoutes(app: App, ground: CasesGround): void {
  const { database } = ground.platform;

  app.get(
    '/v1/cases',
    {
      config: { permission: 'cases:read' },
      schema: { querystring: CasesQuery, response: { 200: CasePage } },
    },
    async (request) => {
      const limit = request.query.limit ?? 50;
      const position = readCursor(request.query.cursor, ['time', 'uuid']);
      const rows = await listCases(database, request.query, {
        limit,
        ...(position ? { before: { createdAt: position[0], id: position[1] } } : {}),
      });
      return toPage(rows, limit, toSummary, (row) => [row.created_at.toISOString(), row.id]);
    },
  );

  app.get(
    '/v1/cases/:id',
    { config: { permission: 'cases:read' }, schema: { params: ById, response: { 200: Case } } },
    async (request) => presentCase(database, ground, request.params.id),
  );

  app.post(
    '/v1/cases',
    { config: { permission: 'cases:write' }, schema: { body: NewCase, response: { 201: Case } } },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const id = await inTransaction(database, (transaction) =>
        openByHand(transaction, ground, request.body, actor),
      );
      return reply.status(201).send(await presentCase(database, ground, id));
    },
  );

  app.put(
    '/v1/cases/:id',
    {
      config: { permission: 'cases:write' },
      schema: { params: ById, body: CaseEdit, response: { 200: Case } },
    },
    async (request) => {
      const step = {
        caseId: request.params.id,
        expectedVersion: expectedVersion(request),
        actor: principalOf(request).actor,
        input: request.body,
      };
      await inTransaction(database, (transaction) => edit(transaction, ground, step));
      return presentCase(database, ground, step.caseId);
    },
  );

  app.post(
    '/v1/cases/:id/notes',
    {
      config: { permission: 'cases:write' },
      schema: { params: ById, body: Note, response: { 201: Case } },
    },
    async (request, reply) => {
      const note = {
        caseId: request.params.id,
        text: request.body.text,
        actor: principalOf(request).actor,
      };
      await inTransaction(database, (transaction) => addNote(transaction, ground, note));
      return reply.status(201).send(await presentCase(database, ground, note.caseId));
    },
  );
}

/** Steps of the status. If-Match is checked where it is sent. */
export function statusRoutes(app: App, ground: CasesGround): void {
  const { database } = ground.platform;
  const permission = 'cases:write' as const;
  const change = async (
    request: FastifyRequest,
    caseId: string,
    statusReason: CaseStatusReason,
    explanation: string | undefined,
    reactivates = false,
  ): Promise<Case> => {
    const step = {
      caseId,
      expectedVersion: request.headers['if-match'] === undefined ? undefined : expectedVersion(request),
      actor: principalOf(request).actor,
      statusReason,
      explanation: explanation ?? null,
      reactivates,
    };
    await inTransaction(database, (transaction) => changeStatus(transaction, ground, step));
    return presentCase(database, ground, caseId);
  };

  app.post(
    '/v1/cases/:id/resolve',
    { config: { permission }, schema: { params: ById, body: Resolve, response: { 200: Case } } },
    async (request) => {
      const { resolution, statusReason } = request.body;
      return change(request, request.params.id, statusReason ?? 'problem-solved', resolution);
    },
  );

  app.post(
    '/v1/cases/:id/cancel',
    { config: { permission }, schema: { params: ById, body: Explanation, response: { 200: Case } } },
    async (request) => change(request, request.params.id, 'cancelled', request.body.reason),
  );

  app.post(
    '/v1/cases/:id/reactivate',
    { config: { permission }, schema: { params: ById, body: Explanation, response: { 200: Case } } },
    async (request) => change(request, request.params.id, 'in-progress', request.body.reason, true),
  );

  app.post(
    '/v1/cases/:id/status',
    {
      config: { permission },
      schema: { params: ById, body: StatusReasonChange, response: { 200: Case } },
    },
    async (request) => change(request, request.params.id, request.body.statusReason, undefined),
  );
}
