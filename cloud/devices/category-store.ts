import type { AlertRule, SignalDefinition } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import { checkCategory, numberRules } from './category-document.ts';
import type { CategoryEdit, CommandDefinition, DeviceCategory } from './category-schemas.ts';
import { type Author, type WrittenBy, writersOf } from './command-writers.ts';
import { type EscalationPolicy, policyToKeep } from './escalation-policy.ts';
import { type KnownIncidentTypes, refuseUnknownIncidentTypes } from './incident-types-named.ts';

interface CategoryRow {
  id: string;
  name: string;
  signals: SignalDefinition[];
  rules: AlertRule[];
  commands: CommandDefinition[];
  escalation_policy: EscalationPolicy | null;
  rule_versions: Record<string, number>;
  allows_just_in_time: boolean;
  written_by: WrittenBy;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export function toCategory(row: CategoryRow): DeviceCategory {
  return {
    id: row.id,
    name: row.name,
    signals: row.signals,
    rules: row.rules,
    commands: row.commands,
    escalationPolicy: row.escalation_policy,
    allowsJustInTime: row.allows_just_in_time,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function insertCategory(
  transaction: Transaction,
  category: { id: string; input: CategoryEdit; author: Author; known: KnownIncidentTypes; now: Date },
): Promise<DeviceCategory> {
  const { id, input, author, known, now } = category;
  checkCategory(input);
  await refuseUnknownIncidentTypes(transaction, known, input.escalationPolicy, null);
  const { rules, lastVersions } = numberRules(input.rules, [], {});
  try {
    await sql`
      insert into device_categories
        (id, name, signals, rules, commands, escalation_policy, rule_versions, allows_just_in_time, written_by,
          created_at, updated_at)
      values (${id}, ${input.name}, ${JSON.stringify(input.signals)}::jsonb, ${JSON.stringify(rules)}::jsonb,
        ${JSON.stringify(input.commands)}::jsonb, ${jsonOrNull(policyToKeep(input.escalationPolicy))}::jsonb,
        ${JSON.stringify(lastVersions)}::jsonb, ${input.allowsJustInTime ?? false},
        ${JSON.stringify(writersOf({ commands: [], writtenBy: {} }, input.commands, author))}::jsonb, ${now}, ${now})`.execute(
      transaction,
    );
  } catch (error) {
    if (violates(error, 'device_categories_pkey')) {
      throw new AndonError({
        code: 'devices.category-id-taken',
        message: `There is a device category ${id} already.`,
        nextStep: 'Choose another id, or change the category that has it.',
        field: 'id',
        status: 409,
      });
    }
    throw error;
  }
  return requireCategory(transaction, id);
}

export async function updateCategory(
  transaction: Transaction,
  change: {
    id: string;
    expectedVersion: number;
    input: CategoryEdit;
    author: Author;
    known: KnownIncidentTypes;
    now: Date;
  },
): Promise<DeviceCategory> {
  const { id, expectedVersion, input, author, known, now } = change;
  checkCategory(input);
  const found = await sql<CategoryRow>`select * from device_categories where id = ${id} for update`.execute(
    transaction,
  );
  const former = found.rows[0];
  if (former === undefined) {
    throw noSuchCategory();
  }
  if (former.version !== expectedVersion) {
    throw staleVersion(expectedVersion, former.version);
  }
  await refuseUnknownIncidentTypes(transaction, known, input.escalationPolicy, former.escalation_policy);
  if (!author.mayTame) {
    refuseTamed(former.commands, input.commands);
  }
  const { rules, lastVersions } = numberRules(input.rules, former.rules, former.rule_versions);
  const writtenBy = writersOf(
    { commands: former.commands, writtenBy: former.written_by },
    input.commands,
    author,
  );
  await sql`
    update device_categories set name = ${input.name}, signals = ${JSON.stringify(input.signals)}::jsonb,
      rules = ${JSON.stringify(rules)}::jsonb, commands = ${JSON.stringify(input.commands)}::jsonb,
      escalation_policy = ${jsonOrNull(policyToKeep(input.escalationPolicy))}::jsonb,
      rule_versions = ${JSON.stringify(lastVersions)}::jsonb, written_by = ${JSON.stringify(writtenBy)}::jsonb,
      allows_just_in_time = ${input.allowsJustInTime ?? former.allows_just_in_time}, updated_at = ${now}, version = version + 1
    where id = ${id}`.execute(transaction);
  return requireCategory(transaction, id);
}

/** A second person's approval is worth nothing where the first may say that there is nothing to approve. */
function refuseTamed(former: readonly CommandDefinition[], next: readonly CommandDefinition[]): void {
  const tamed = former.find(
    ({ name, destructive }) =>
      destructive && !next.some((command) => command.name === name && command.destructive),
  );
  if (tamed !== undefined) {
    throw new AndonError({
      code: 'devices.destructive-command-kept',
      message: `The command ${tamed.name} is destructive, and neither made harmless nor removed here.`,
      nextStep: 'Ask an administrator to change it.',
      field: 'commands',
      status: 403,
    });
  }
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function noSuchCategory(): AndonError {
  return new AndonError({
    code: 'devices.no-such-category',
    message: 'There is no such device category.',
    nextStep: 'Look for it in GET /v1/device-categories.',
    status: 404,
  });
}

export async function findCategories(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, DeviceCategory>> {
  const found = await sql<CategoryRow>`
    select * from device_categories where id = any(${ids})`.execute(database);
  return new Map(found.rows.map((row) => [row.id, toCategory(row)]));
}

export async function requireCategory(database: Database, id: string): Promise<DeviceCategory> {
  const category = (await findCategories(database, [id])).get(id);
  if (category === undefined) {
    throw noSuchCategory();
  }
  return category;
}

export async function listCategories(
  database: Database,
  filter: { q?: string; afterId?: string; limit: number },
): Promise<CategoryRow[]> {
  const found = await sql<CategoryRow>`
    select * from device_categories where true
      ${filter.q === undefined ? sql`` : sql`and position(lower(${filter.q}) in lower(id || ' ' || name)) > 0`}
      ${filter.afterId === undefined ? sql`` : sql`and id > ${filter.afterId}`}
    order by id limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
