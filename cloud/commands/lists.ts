import type { CommandState } from '@andon/shared/contracts';
import { type Database, sql } from '../platform/index.ts';
import type { CommandRow } from './store.ts';

/** What of commands is asked for by how they go: a few states under one name. */
export const statesOfOutcome = {
  waiting: ['QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING'],
  unsuccessful: ['FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED'],
} as const satisfies Record<string, readonly CommandState[]>;

export interface CommandFilter {
  readonly deviceId?: string | undefined;
  readonly categoryId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly name?: string | undefined;
  readonly state?: CommandState | undefined;
  readonly outcome?: keyof typeof statesOfOutcome | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

interface CommandsPage {
  readonly limit: number;
  readonly before?: { readonly issuedAt: string; readonly id: string };
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listCommands(
  database: Database,
  filter: CommandFilter,
  page: CommandsPage,
): Promise<CommandRow[]> {
  return (await commandsWhere(filter, page).execute(database)).rows;
}

export function commandsWhere(filter: CommandFilter, page: CommandsPage) {
  const { deviceId, categoryId, jobId, name, state, outcome, from, to } = filter;
  const conditions = [
    deviceId === undefined ? undefined : sql`device_id = ${deviceId}`,
    categoryId === undefined
      ? undefined
      : sql`device_id in (select devices.id from devices where devices.category_id = ${categoryId})`,
    jobId === undefined ? undefined : sql`job_id = ${jobId}`,
    name === undefined ? undefined : sql`name = ${name}`,
    state === undefined ? undefined : sql`state = ${state}`,
    // Written out, so that the planner sees that the partial index covers it.
    outcome === undefined
      ? undefined
      : sql`state in (${sql.raw(statesOfOutcome[outcome].map((one) => `'${one}'`).join(', '))})`,
    from === undefined ? undefined : sql`issued_at >= ${from}`,
    to === undefined ? undefined : sql`issued_at < ${to}`,
    page.before === undefined
      ? undefined
      : sql`(issued_at, id) < (${page.before.issuedAt}::timestamptz, ${page.before.id}::uuid)`,
  ].filter((condition) => condition !== undefined);
  return sql<CommandRow>`
    select * from commands where ${sql.join([sql`true`, ...conditions], sql` and `)}
    order by issued_at desc, id desc limit ${page.limit + 1}`;
}

/** What a person wants to read beside a command: its device's name, and the command that tried it again. */
export async function listCompany(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, { deviceName: string; retriedBy: string | null }>> {
  const found = await sql<{ id: string; device_name: string; retried_by: string | null }>`
    select commands.id, devices.name as device_name, again.id as retried_by
    from commands join devices on devices.id = commands.device_id
      left join commands as again on again.retry_of = commands.id
    where commands.id = any(${[...ids]}::uuid[])`.execute(database);
  return new Map(
    found.rows.map((row) => [row.id, { deviceName: row.device_name, retriedBy: row.retried_by }]),
  );
}
