import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Attribute } from './attributes.ts';
import type { TriggerEventRow, TriggerRow } from './tables.ts';

export async function findTrigger(database: Database, name: string): Promise<TriggerRow | undefined> {
  const found = await sql<TriggerRow>`select * from triggers where name = ${name}`.execute(database);
  return found.rows[0];
}

/** Those of these names that there are. */
export async function findTriggers(database: Database, names: readonly string[]): Promise<TriggerRow[]> {
  const found = await sql<TriggerRow>`
    select * from triggers where name = any(${[...new Set(names)]}::text[])`.execute(database);
  return found.rows;
}

export async function requireTrigger(database: Database, name: string): Promise<TriggerRow> {
  const trigger = await findTrigger(database, name);
  if (trigger === undefined) {
    throw new AndonError({
      code: 'journeys.no-such-trigger',
      message: `There is no trigger ${name}.`,
      nextStep: 'Look for it in GET /v1/triggers.',
      status: 404,
    });
  }
  return trigger;
}

/** Makes a trigger; undefined where the name is taken. */
export async function insertTrigger(
  transaction: Transaction,
  trigger: {
    id: string;
    name: string;
    title: string;
    attributes: readonly Attribute[];
    status: 'draft' | 'ready';
    builtIn: boolean;
    now: Date;
  },
): Promise<TriggerRow | undefined> {
  const inserted = await sql<TriggerRow>`
    insert into triggers (id, name, title, attributes, status, built_in, created_at, updated_at, version)
    values (${trigger.id}, ${trigger.name}, ${trigger.title}, ${JSON.stringify(trigger.attributes)}::jsonb,
      ${trigger.status}, ${trigger.builtIn}, ${trigger.now}, ${trigger.now}, 1)
    on conflict on constraint triggers_name do nothing
    returning *`.execute(transaction);
  return inserted.rows[0];
}

/** Brings a trigger of the product to what this release says that it is. */
export async function updateBuiltInTrigger(
  transaction: Transaction,
  trigger: { name: string; title: string; attributes: readonly Attribute[]; now: Date },
): Promise<void> {
  const attributes = JSON.stringify(trigger.attributes);
  await sql`update triggers set title = ${trigger.title}, attributes = ${attributes}::jsonb,
      updated_at = ${trigger.now}, version = version + 1
    where name = ${trigger.name} and built_in
      and (title <> ${trigger.title} or attributes <> ${attributes}::jsonb)`.execute(transaction);
}

export async function makeTriggerReady(transaction: Transaction, name: string, now: Date): Promise<boolean> {
  const updated = await sql`update triggers set status = 'ready', updated_at = ${now}, version = version + 1
    where name = ${name} and status = 'draft'`.execute(transaction);
  return (updated.numAffectedRows ?? 0n) > 0n;
}

/** By name, one more than asked for. */
export async function listTriggers(
  database: Database,
  filter: { q?: string | undefined; afterName?: string | undefined; limit: number },
): Promise<TriggerRow[]> {
  const found = await sql<TriggerRow>`
    select * from triggers
    where name > ${filter.afterName ?? ''}
      ${
        filter.q === undefined
          ? sql``
          : sql`and position(lower(${filter.q}) in lower(name || ' ' || title)) > 0`
      }
    order by name limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

/** Newest first, one more than asked for. */
export async function listTriggerEvents(
  database: Database,
  filter: { trigger: string; beforeSequence?: number | undefined; limit: number },
): Promise<TriggerEventRow[]> {
  const found = await sql<TriggerEventRow>`
    select * from trigger_events
    where trigger_name = ${filter.trigger}
      ${filter.beforeSequence === undefined ? sql`` : sql`and sequence < ${filter.beforeSequence}`}
    order by sequence desc limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

export async function findTriggerEvent(database: Database, id: string): Promise<TriggerEventRow | undefined> {
  const found = await sql<TriggerEventRow>`select * from trigger_events where id = ${id}`.execute(database);
  return found.rows[0];
}
