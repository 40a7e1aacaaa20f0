import { inTransaction, sql } from '../platform/index.ts';
import type { JobsGround } from './ground.ts';

const recalledPerTransactionMax = 25;

/**
 * Of jobs that were cancelled or stopped: asks the gateways not to begin what nobody has heard of yet. What a person
 * tried again since is theirs. Answers how many.
 */
export function recallCommands(ground: JobsGround, actor: string): Promise<number> {
  return inTransaction(ground.platform.database, async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      select commands.id from job_targets
        join jobs on jobs.id = job_targets.job_id and jobs.state in ('stopped', 'cancelled')
        join commands on commands.id = job_targets.command_id
      where job_targets.state = 'sent' and commands.state in ('QUEUED', 'SENT')
        and commands.cancel_requested_at is null and commands.retry_of is null
      order by commands.gateway_id, commands.id limit ${recalledPerTransactionMax}
      for update of commands skip locked`.execute(transaction);
    for (const { id } of rows) {
      await ground.dependencies.commands.cancel(transaction, { commandId: id, actor });
    }
    return rows.length;
  });
}
