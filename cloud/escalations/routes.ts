import { AndonError } from '@andon/shared/kernel';
import type { Alert } from '../alerts/index.ts';
import type { CasePriority } from '../cases/index.ts';
import { senderOf } from '../commands/index.ts';
import {
  type App,
  type Database,
  inTransaction,
  principalOf,
  readCursor,
  type Transaction,
  toPage,
} from '../platform/index.ts';
import type { EscalationsGround } from './ground.ts';
import { noSuchAlert } from './refusals.ts';
import {
  ById,
  EscalateByHand,
  Escalation,
  EscalationPage,
  EscalationsQuery,
  RemedyByHand,
} from './schemas.ts';
import { type EscalationRow, listEscalations, listMembers, listSteps } from './store.ts';
import { takeUpRemedy, takeUpRequest } from './take-up.ts';

export function registerRoutes(app: App, ground: EscalationsGround): void {
  const { database } = ground.platform;

  app.get(
    '/v1/escalations',
    {
      config: { permission: 'alerts:read' },
      schema: { querystring: EscalationsQuery, response: { 200: EscalationPage } },
    },
    async (request) => {
      const limit = request.query.limit ?? 50;
      const position = readCursor(request.query.cursor, ['time', 'uuid']);
      const rows = await listEscalations(database, request.query, {
        limit,
        ...(position ? { before: { createdAt: position[0], id: position[1] } } : {}),
      });
      const page = toPage(
        rows,
        limit,
        (row) => row,
        (row) => [row.created_at.toISOString(), row.id],
      );
      return { items: await present(database, page.items), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/escalations/:id',
    { config: { permission: 'alerts:read' }, schema: { params: ById, response: { 200: Escalation } } },
    async (request) => requireEscalation(database, request.params.id),
  );

  app.post(
    '/v1/alerts/:id/escalate',
    {
      config: { permission: 'cases:write' },
      schema: { params: ById, body: EscalateByHand, response: { 201: Escalation } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const escalation = await inTransaction(database, async (transaction) => {
        const alert = await requireAlert(transaction, ground, request.params.id);
        const fault = { deviceId: alert.deviceId, errorCode: alert.errorCode, alert };
        const priority = request.body.priority ?? priorityOf(alert);
        const stored = await takeUpRequest(transaction, ground, { fault, priority, byHand: true }, { actor });
        return requireEscalation(transaction, stored.id);
      });
      return reply.status(201).send(escalation);
    },
  );

  app.post(
    '/v1/alerts/:id/remedies',
    {
      config: { permission: 'commands:send' },
      schema: { params: ById, body: RemedyByHand, response: { 201: Escalation } },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { actor } = principal;
      const { command, parameters, expiresInSeconds = 120 } = request.body;
      const escalation = await inTransaction(database, async (transaction) => {
        const alert = await requireAlert(transaction, ground, request.params.id);
        const remedy = { command, ...(parameters && { parameters }), times: 1, expiresInSeconds };
        const cause = { actor, byHand: { sender: senderOf(principal) } };
        const stored = await takeUpRemedy(transaction, ground, alert, remedy, cause);
        return requireEscalation(transaction, stored.id);
      });
      return reply.status(201).send(escalation);
    },
  );
}

async function requireAlert(transaction: Transaction, ground: EscalationsGround, id: string): Promise<Alert> {
  const alert = await ground.dependencies.alerts.find(transaction, id);
  if (alert === undefined) {
    throw noSuchAlert();
  }
  return alert;
}

function priorityOf(alert: Alert): CasePriority {
  return alert.peakSeverity === 'CRITICAL' ? 'critical' : alert.peakSeverity === 'MAJOR' ? 'high' : 'normal';
}

async function requireEscalation(database: Database, id: string): Promise<Escalation> {
  const [escalation] = await present(database, await listEscalations(database, { id }, { limit: 1 }));
  if (escalation === undefined) {
    throw new AndonError({
      code: 'escalations.no-such-escalation',
      message: 'There is no such escalation.',
      nextStep: 'Look for it in GET /v1/escalations.',
      status: 404,
    });
  }
  return escalation;
}

async function present(database: Database, rows: readonly EscalationRow[]): Promise<Escalation[]> {
  const ids = rows.map((row) => row.id);
  const [members, steps] = await Promise.all([listMembers(database, ids), listSteps(database, ids)]);
  return rows.map((row) => ({
    id: row.id,
    deviceId: row.device_id,
    errorCode: row.error_code,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    commandId: row.command_id,
    caseId: row.case_id,
    workOrderId: row.work_order_id,
    rule: row.policy?.name ?? null,
    command: row.remedy?.command ?? null,
    wantedPriority: row.wanted_priority,
    dueAt: row.due_at?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null,
    alertIds: members.filter((member) => member.escalation_id === row.id).map((member) => member.alert_id),
    steps: steps
      .filter((step) => step.escalation_id === row.id)
      .map((step) => ({ at: step.at.toISOString(), step: step.step, reason: step.reason })),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  }));
}
