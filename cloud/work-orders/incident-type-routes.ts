import {
  type App,
  type Database,
  expectedVersion,
  inTransaction,
  type Platform,
  readCursor,
  toPage,
} from '../platform/index.ts';
import {
  createIncidentType,
  editIncidentType,
  findIncidentType,
  listIncidentTypes,
  noSuchIncidentType,
  toIncidentType,
} from './incident-types.ts';
import {
  ByIncidentTypeId,
  IncidentType,
  IncidentTypeEdit,
  IncidentTypePage,
  IncidentTypesQuery,
  NewIncidentType,
} from './schemas.ts';

export function incidentTypeRoutes(app: App, platform: Platform): void {
  const { database, clock } = platform;

  app.get(
    '/v1/incident-types',
    {
      config: { permission: 'work-orders:read' },
      schema: { querystring: IncidentTypesQuery, response: { 200: IncidentTypePage } },
    },
    async (request) => {
      const limit = request.query.limit ?? 50;
      const position = readCursor(request.query.cursor, ['text']);
      const rows = await listIncidentTypes(database, { limit, ...(position ? { after: position[0] } : {}) });
      return toPage(rows, limit, toIncidentType, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/incident-types/:id',
    {
      config: { permission: 'work-orders:read' },
      schema: { params: ByIncidentTypeId, response: { 200: IncidentType } },
    },
    async (request) => present(database, request.params.id),
  );

  app.post(
    '/v1/incident-types',
    {
      config: { permission: 'work-orders:manage' },
      schema: { body: NewIncidentType, response: { 201: IncidentType } },
    },
    async (request, reply) => {
      await inTransaction(database, (transaction) =>
        createIncidentType(transaction, request.body, new Date(clock.now())),
      );
      return reply.status(201).send(await present(database, request.body.id));
    },
  );

  app.put(
    '/v1/incident-types/:id',
    {
      config: { permission: 'work-orders:manage' },
      schema: { params: ByIncidentTypeId, body: IncidentTypeEdit, response: { 200: IncidentType } },
    },
    async (request) => {
      const { id } = request.params;
      const version = expectedVersion(request);
      await inTransaction(database, (transaction) =>
        editIncidentType(transaction, id, version, request.body, new Date(clock.now())),
      );
      return present(database, id);
    },
  );
}

async function present(database: Database, id: string): Promise<IncidentType> {
  const found = await findIncidentType(database, id);
  if (found === undefined) {
    throw noSuchIncidentType();
  }
  return found;
}
