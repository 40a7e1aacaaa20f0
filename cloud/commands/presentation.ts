import { AndonError } from '@andon/shared/kernel';
import type { Database } from '../platform/index.ts';
import { listCompany } from './lists.ts';
import type { Command } from './schemas.ts';
import { type CommandRow, findCommand, type HistoryRow, listHistory } from './store.ts';

function toCommand(
  row: CommandRow,
  history: readonly HistoryRow[],
  company: { deviceName: string; retriedBy: string | null } | undefined,
): Command {
  return {
    id: row.id,
    deviceId: row.device_id,
    deviceName: company?.deviceName ?? row.device_id,
    gatewayId: row.gateway_id,
    name: row.name,
    parameters: row.parameters,
    state: row.state,
    reason: row.reason,
    issuedBy: row.issued_by,
    issuedAt: row.issued_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    bootIdBefore: row.boot_id_before,
    bootIdAfter: row.boot_id_after,
    result: row.result,
    cancelRequestedAt: row.cancel_requested_at?.toISOString() ?? null,
    cancelRequestedBy: row.cancel_requested_by,
    late:
      row.late_state === null || row.late_at === null
        ? null
        : { state: row.late_state, reason: row.late_reason, at: row.late_at.toISOString() },
    retryOf: row.retry_of,
    retriedBy: company?.retriedBy ?? null,
    jobId: row.job_id,
    history: history
      .filter((entry) => entry.command_id === row.id)
      .map((entry) => ({
        state: entry.state,
        at: entry.at.toISOString(),
        reason: entry.reason,
        tookEffect: entry.took_effect,
      })),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** With their histories, in the order given. */
export async function present(database: Database, rows: readonly CommandRow[]): Promise<Command[]> {
  if (rows.length === 0) {
    return [];
  }
  const ids = rows.map((row) => row.id);
  const history = await listHistory(database, ids);
  const company = await listCompany(database, ids);
  return rows.map((row) => toCommand(row, history, company.get(row.id)));
}

/** @throws AndonError `commands.no-such-command` (404). */
export async function requireCommand(database: Database, id: string): Promise<Command> {
  const row = await findCommand(database, id);
  const [command] = row === undefined ? [] : await present(database, [row]);
  if (command === undefined) {
    throw noSuchCommand();
  }
  return command;
}

export function noSuchCommand(): AndonError {
  return new AndonError({
    code: 'commands.no-such-command',
    message: 'There is no such command.',
    nextStep: 'Look for it in GET /v1/commands.',
    status: 404,
  });
}
