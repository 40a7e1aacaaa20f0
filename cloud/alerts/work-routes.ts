import { type App, inTransaction, listPeopleWhoMay, type Platform, principalOf } from '../platform/index.ts';
import { noSuchAlert } from './presentation.ts';
import { AnyAlert, Assignees, AssigneesQuery, Assignment, ById, Comment, Comments } from './schemas.ts';
import { findAlert } from './store.ts';
import type { AlertRow } from './tables.ts';
import { assign, comment, findFormerAssignee, listComments, worksOnAlerts } from './work.ts';

/** Who sees to an alert, and what people say of it. */
export function workRoutes(
  app: App,
  platform: Platform,
  present: (row: AlertRow) => Promise<AnyAlert>,
): void {
  const { database } = platform;
  const stored = async (alertId: string): Promise<AlertRow> => {
    const row = await findAlert(database, alertId);
    if (row === undefined) {
      throw noSuchAlert();
    }
    return row;
  };
  const commentsOf = async (alertId: string) => ({
    items: (await listComments(database, alertId)).map((row) => ({
      id: row.id,
      text: row.text,
      actor: row.actor,
      createdAt: row.created_at.toISOString(),
    })),
  });

  app.get(
    '/v1/alerts/assignees',
    {
      config: { permission: 'alerts:read' },
      schema: { querystring: AssigneesQuery, response: { 200: Assignees } },
    },
    async ({ query: { alertId } }) => {
      const items = await listPeopleWhoMay(database, worksOnAlerts);
      return { items, former: await findFormerAssignee(database, alertId, items) };
    },
  );

  app.post(
    '/v1/alerts/:id/assign',
    {
      config: { permission: 'alerts:write' },
      schema: { params: ById, body: Assignment, response: { 200: AnyAlert } },
    },
    async (request) => {
      const assignment = {
        alertId: request.params.id,
        userId: request.body.userId,
        actor: principalOf(request).actor,
      };
      await inTransaction(database, (transaction) => assign(transaction, platform, assignment));
      return present(await stored(assignment.alertId));
    },
  );

  app.get(
    '/v1/alerts/:id/comments',
    { config: { permission: 'alerts:read' }, schema: { params: ById, response: { 200: Comments } } },
    async (request) => {
      await stored(request.params.id);
      return commentsOf(request.params.id);
    },
  );

  app.post(
    '/v1/alerts/:id/comments',
    {
      config: { permission: 'alerts:write' },
      schema: { params: ById, body: Comment, response: { 201: Comments } },
    },
    async (request, reply) => {
      const said = {
        alertId: request.params.id,
        text: request.body.text,
        actor: principalOf(request).actor,
      };
      await inTransaction(database, (transaction) => comment(transaction, platform, said));
      return reply.status(201).send(await commentsOf(said.alertId));
    },
  );
}
