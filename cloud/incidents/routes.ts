import { Severity } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Value } from 'typebox/value';
import type { Alerts, MemberCount } from '../alerts/index.ts';
import {
  type App,
  appendEvent,
  inTransaction,
  type Platform,
  principalOf,
  readCursor,
  type Transaction,
  toPage,
} from '../platform/index.ts';
import { ById, Closing, Incident, IncidentPage, IncidentsQuery } from './schemas.ts';
import {
  acknowledgeIncident,
  closeIncident,
  findIncident,
  type IncidentRow,
  listIncidents,
  lockIncident,
  noSuchIncident,
} from './store.ts';

interface Ground {
  readonly platform: Platform;
  readonly alerts: Pick<Alerts, 'countMembers'>;
}

export function incidentRoutes(app: App, ground: Ground): void {
  readingRoutes(app, ground);
  handlingRoutes(app, ground);
}

function readingRoutes(app: App, { platform, alerts }: Ground): void {
  const { database } = platform;
  app.get(
    '/v1/incidents',
    {
      config: { permission: 'alerts:read' },
      schema: {
        summary: 'Storms of alerts with one cause, newest first, each with the true number of its alerts',
        querystring: IncidentsQuery,
        response: { 200: IncidentPage },
      },
    },
    async (request) => {
      const { limit = 50, cursor, open } = request.query;
      const position = readCursor(cursor, ['time', 'uuid']);
      const rows = await listIncidents(
        database,
        { open },
        {
          limit,
          ...(position === undefined ? {} : { before: { openedAt: position[0], id: position[1] } }),
        },
      );
      const countOf = await alerts.countMembers(
        database,
        rows.map(({ id }) => id),
      );
      return toPage(
        rows,
        limit,
        (row) => toIncident(row, countOf(row.id)),
        (row) => [row.opened_at.toISOString(), row.id],
      );
    },
  );

  app.get(
    '/v1/incidents/:id',
    { config: { permission: 'alerts:read' }, schema: { params: ById, response: { 200: Incident } } },
    async (request) => {
      const row = await findIncident(database, request.params.id);
      if (row === undefined) {
        throw noSuchIncident();
      }
      return toIncident(row, (await alerts.countMembers(database, [row.id]))(row.id));
    },
  );
}

function handlingRoutes(app: App, { platform, alerts }: Ground): void {
  const { database, clock } = platform;
  const shown = async (transaction: Transaction, id: string) =>
    toIncident(await lockIncident(transaction, id), (await alerts.countMembers(transaction, [id]))(id));

  app.post(
    '/v1/incidents/:id/acknowledge',
    { config: { permission: 'alerts:write' }, schema: { params: ById, response: { 200: Incident } } },
    (request) => {
      const { actor } = principalOf(request);
      const { id } = request.params;
      const now = new Date(clock.now());
      return inTransaction(database, async (transaction) => {
        const row = await lockIncident(transaction, id);
        if (row.acknowledged_at === null) {
          await acknowledgeIncident(transaction, id, { actor, now });
          const payload = { incidentId: id, acknowledgedBy: actor };
          const type = 'incident.acknowledged';
          await appendEvent(transaction, { type, key: id, payload, actor, occurredAt: now });
        }
        return shown(transaction, id);
      });
    },
  );

  app.post(
    '/v1/incidents/:id/close',
    {
      config: { permission: 'alerts:write' },
      schema: { params: ById, body: Closing, response: { 200: Incident } },
    },
    (request) => {
      const { actor } = principalOf(request);
      const { id } = request.params;
      const { reason, release = false } = request.body;
      const now = new Date(clock.now());
      return inTransaction(database, async (transaction) => {
        const row = await lockIncident(transaction, id);
        if (row.state === 'closed') {
          throw closedAlready();
        }
        await closeIncident(transaction, id, { actor, now, reason, release });
        const payload = { incidentId: id, from: row.state, reason, release };
        const type = 'incident.closed';
        await appendEvent(transaction, { type, key: id, payload, actor, occurredAt: now });
        return shown(transaction, id);
      });
    },
  );
}

function toIncident(row: IncidentRow, members: MemberCount): Incident {
  const { cause } = row;
  return {
    id: row.id,
    cause: {
      kind: cause.kind,
      categoryId: cause.kind === 'rule' ? cause.categoryId : null,
      rule: cause.kind === 'rule' ? cause.rule : null,
      errorCode: cause.kind === 'rule' ? cause.errorCode : null,
      siteId: cause.kind === 'site' ? cause.siteId : null,
      gatewayId: cause.kind === 'gateway' ? cause.gatewayId : null,
    },
    severity: Value.Parse(Severity, row.severity),
    state: row.state,
    alertCount: members.alerts,
    activeCount: members.active,
    deviceCount: members.devices,
    openedAt: row.opened_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
    overAt: row.over_at?.toISOString() ?? null,
    firstAlertId: row.first_alert_id,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    closedAt: row.closed_at?.toISOString() ?? null,
    closedBy: row.closed_by,
    closeReason: row.close_reason,
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function closedAlready(): AndonError {
  return new AndonError({
    code: 'incidents.closed-already',
    message: 'The incident is closed.',
    nextStep: 'Look at it in GET /v1/incidents/:id.',
    status: 409,
  });
}
