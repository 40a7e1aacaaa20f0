import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import type { IncidentType, IncidentTypeEdit } from './schemas.ts';

type IncidentTypeTables = {
  incident_types: {
    id: string;
    name: string;
    description: string | null;
    priority: IncidentType['priority'];
    tasks: IncidentType['tasks'];
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
type IncidentTypeRow = IncidentTypeTables['incident_types'];

export function toIncidentType(row: IncidentTypeRow): IncidentType {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    priority: row.priority,
    tasks: row.tasks,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function findIncidentType(database: Database, id: string): Promise<IncidentType | undefined> {
  const row = await database
    .withTables<IncidentTypeTables>()
    .selectFrom('incident_types')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toIncidentType(row);
}

/** Which of these there are. */
export async function knownIncidentTypes(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await sql<{ id: string }>`
    select id from incident_types where id = any(${[...ids]}::text[])`.execute(database);
  return new Set(found.rows.map(({ id }) => id));
}

/** By id; one more than `limit` where there is a next page. */
export async function listIncidentTypes(
  database: Database,
  page: { limit: number; after?: string },
): Promise<IncidentTypeRow[]> {
  let query = database.withTables<IncidentTypeTables>().selectFrom('incident_types').selectAll();
  if (page.after !== undefined) {
    query = query.where('id', '>', page.after);
  }
  return query
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

const columnsOf = (input: IncidentTypeEdit) => ({
  name: input.name,
  description: input.description ?? null,
  priority: input.priority ?? 'normal',
  tasks: JSON.stringify(
    (input.tasks ?? []).map(({ title, minutes }) => ({ title, minutes: minutes ?? null })),
  ),
});

/** @throws AndonError `work-orders.incident-type-exists` (409) */
export async function createIncidentType(
  transaction: Transaction,
  input: IncidentTypeEdit & { readonly id: string },
  now: Date,
): Promise<void> {
  const { name, description, priority, tasks } = columnsOf(input);
  try {
    await sql`
      insert into incident_types (id, name, description, priority, tasks, created_at, updated_at)
      values (${input.id}, ${name}, ${description}, ${priority}, ${tasks}::jsonb, ${now}, ${now})`.execute(
      transaction,
    );
  } catch (error) {
    if (violates(error, 'incident_types_pkey')) {
      throw new AndonError({
        code: 'work-orders.incident-type-exists',
        message: `There is an incident type "${input.id}" already.`,
        nextStep: 'Change that one, or choose another id.',
        field: 'id',
        status: 409,
      });
    }
    throw error;
  }
}

/** Work orders that were made of it keep the tasks that they have. */
export async function editIncidentType(
  transaction: Transaction,
  id: string,
  expected: number,
  input: IncidentTypeEdit,
  now: Date,
): Promise<void> {
  const { name, description, priority, tasks } = columnsOf(input);
  const changed = await sql`
    update incident_types set name = ${name}, description = ${description}, priority = ${priority},
      tasks = ${tasks}::jsonb, updated_at = ${now}, version = version + 1
    where id = ${id} and version = ${expected} returning id`.execute(transaction);
  if (changed.rows.length === 1) {
    return;
  }
  const present = await findIncidentType(transaction, id);
  throw present === undefined ? noSuchIncidentType() : staleVersion(expected, present.version);
}

export function noSuchIncidentType(): AndonError {
  return new AndonError({
    code: 'work-orders.no-such-incident-type',
    message: 'There is no such incident type.',
    nextStep: 'Look for it in GET /v1/incident-types.',
    status: 404,
  });
}
