import type {
  Command as CommandMessage,
  CommandState,
  ParameterValues,
  SignalValue,
} from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { CommandProgress } from './state.ts';

export type CommandTables = {
  commands: {
    id: string;
    device_id: string;
    gateway_id: string;
    name: string;
    parameters: ParameterValues;
    idempotency: CommandMessage['idempotency'];
    state: CommandState;
    reason: string | null;
    issued_by: string;
    issued_at: Date;
    expires_at: Date;
    boot_id_before: string | null;
    boot_id_after: string | null;
    result: Record<string, SignalValue> | null;
    cancel_requested_at: Date | null;
    cancel_requested_by: string | null;
    late_state: CommandState | null;
    late_reason: string | null;
    late_at: Date | null;
    retry_of: string | null;
    job_id: string | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  command_history: {
    id: number;
    command_id: string;
    state: CommandState;
    at: Date;
    reason: string | null;
    took_effect: boolean;
  };
};
export type CommandRow = CommandTables['commands'];
export type HistoryRow = CommandTables['command_history'];

export function progressOf(row: CommandRow): CommandProgress {
  return {
    name: row.name,
    state: row.state,
    reason: row.reason,
    bootIdBefore: row.boot_id_before,
    bootIdAfter: row.boot_id_after,
    result: row.result,
    late:
      row.late_state === null || row.late_at === null
        ? null
        : { state: row.late_state, reason: row.late_reason, at: row.late_at.getTime() },
  };
}

/**
 * Lets one command be issued for a device at a time, so that the queue's limit holds; answers how many each has that
 * have not ended. The locks are taken in one order everywhere.
 */
export async function lockQueues(
  transaction: Transaction,
  deviceIds: readonly string[],
): Promise<Map<string, number>> {
  if (deviceIds.length === 0) {
    return new Map();
  }
  await sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended('commands/' || device_id, 0) as key
      from unnest(${[...deviceIds]}::text[]) as device_id order by key) as keys`.execute(transaction);
  const found = await sql<{ device_id: string; pending: number }>`
    select device_id, count(*) as pending from commands
    where device_id = any(${[...deviceIds]}::text[])
      and state in ('QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING')
    group by device_id`.execute(transaction);
  return new Map(found.rows.map((row) => [row.device_id, row.pending]));
}

export interface NewCommandRow {
  readonly message: CommandMessage;
  readonly gatewayId: string;
  readonly bootId: string | null;
  readonly retryOf: string | null;
  readonly jobId: string | null;
}

export async function insertCommands(
  transaction: Transaction,
  commands: readonly NewCommandRow[],
  now: Date,
): Promise<void> {
  const rows = commands.map(({ message, gatewayId, bootId, retryOf, jobId }) => ({
    id: message.id,
    device_id: message.deviceId,
    gateway_id: gatewayId,
    name: message.name,
    parameters: message.parameters,
    idempotency: message.idempotency,
    state: 'QUEUED',
    issued_by: message.issuedBy,
    issued_at: new Date(message.issuedAt).toISOString(),
    expires_at: new Date(message.expiresAt).toISOString(),
    boot_id_before: bootId,
    retry_of: retryOf,
    job_id: jobId,
  }));
  await sql`
    insert into commands (id, device_id, gateway_id, name, parameters, idempotency, state, issued_by, issued_at,
      expires_at, boot_id_before, retry_of, job_id, created_at, updated_at)
    select id, device_id, gateway_id, name, parameters, idempotency, state, issued_by, issued_at, expires_at,
      boot_id_before, retry_of, job_id, ${now}, ${now}
    from jsonb_populate_recordset(null::commands, ${JSON.stringify(rows)}::jsonb)`.execute(transaction);
}

/** These commands, locked in the order of their ids. */
export async function lockCommands(transaction: Transaction, ids: readonly string[]): Promise<CommandRow[]> {
  const found = await sql<CommandRow>`
    select * from commands where id = any(${[...ids]}::uuid[]) order by id for update`.execute(transaction);
  return found.rows;
}

/** Those waiting for a gateway that has just come; locked. */
export async function lockQueued(transaction: Transaction, gatewayId: string): Promise<CommandRow[]> {
  const found = await sql<CommandRow>`
    select * from commands where gateway_id = ${gatewayId} and state = 'QUEUED' order by id for update`.execute(
    transaction,
  );
  return found.rows;
}

/** Those that should have ended; locked, without those that somebody else holds. */
export async function lockOverdue(
  transaction: Transaction,
  before: { unstarted: Date; started: Date },
  limit: number,
): Promise<CommandRow[]> {
  const found = await sql<CommandRow>`
    select * from commands
    where (state in ('QUEUED', 'SENT', 'DELIVERED') and expires_at < ${before.unstarted})
      or (state in ('ACCEPTED', 'EXECUTING') and expires_at < ${before.started})
    order by expires_at limit ${limit} for update skip locked`.execute(transaction);
  return found.rows;
}

export async function updateProgress(
  transaction: Transaction,
  changes: readonly { id: string; progress: CommandProgress }[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) {
    return;
  }
  const rows = changes.map(({ id, progress }) => ({
    id,
    state: progress.state,
    reason: progress.reason,
    boot_id_before: progress.bootIdBefore,
    boot_id_after: progress.bootIdAfter,
    result: progress.result,
    late_state: progress.late?.state ?? null,
    late_reason: progress.late?.reason ?? null,
    late_at: progress.late === null ? null : new Date(progress.late.at).toISOString(),
  }));
  await sql`
    update commands set state = row.state, reason = row.reason, boot_id_before = row.boot_id_before,
      boot_id_after = row.boot_id_after, result = row.result, late_state = row.late_state,
      late_reason = row.late_reason, late_at = row.late_at, updated_at = ${now}, version = commands.version + 1
    from jsonb_populate_recordset(null::commands, ${JSON.stringify(rows)}::jsonb) as row
    where commands.id = row.id`.execute(transaction);
}

/** Repetitions of the same word are left out. */
export async function insertHistory(
  transaction: Transaction,
  entries: readonly {
    commandId: string;
    state: CommandState;
    at: number;
    reason: string | null;
    tookEffect: boolean;
  }[],
): Promise<void> {
  if (entries.length === 0) {
    return;
  }
  const rows = entries.map((entry) => ({
    command_id: entry.commandId,
    state: entry.state,
    at: new Date(entry.at).toISOString(),
    reason: entry.reason,
    took_effect: entry.tookEffect,
  }));
  await sql`
    insert into command_history (command_id, state, at, reason, took_effect)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (command_id uuid, state text, at timestamptz, reason text, took_effect boolean)
    on conflict do nothing`.execute(transaction);
}

export async function requestCancel(
  transaction: Transaction,
  id: string,
  actor: string,
  now: Date,
): Promise<void> {
  await sql`update commands set cancel_requested_at = ${now}, cancel_requested_by = ${actor}, updated_at = ${now},
    version = version + 1 where id = ${id}`.execute(transaction);
}

export async function findCommand(database: Database, id: string): Promise<CommandRow | undefined> {
  const found = await sql<CommandRow>`select * from commands where id = ${id}`.execute(database);
  return found.rows[0];
}

export async function listHistory(database: Database, ids: readonly string[]): Promise<HistoryRow[]> {
  const found = await sql<HistoryRow>`
    select * from command_history where command_id = any(${[...ids]}::uuid[]) order by at, id`.execute(
    database,
  );
  return found.rows;
}

/** What a gateway without memory must be told again: what it never said that it has, or may safely do twice. */
export async function listUnstarted(
  transaction: Transaction,
  gatewayId: string,
  now: Date,
): Promise<CommandRow[]> {
  const found = await sql<CommandRow>`
    select * from commands
    where gateway_id = ${gatewayId} and expires_at > ${now} and cancel_requested_at is null
      and (state in ('QUEUED', 'SENT') or (state = 'DELIVERED' and idempotency = 'idempotent'))
    order by issued_at, id`.execute(transaction);
  return found.rows;
}
