import type { AnyAlert } from '../alerts/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Outcome } from './suggest.ts';

export interface OutcomeNews {
  readonly command?: string;
  readonly commandHelped?: boolean;
  readonly priority?: string;
  readonly lastedSeconds?: number;
  readonly endedAt?: Date;
}

export interface AlertOutcome {
  readonly alert: AnyAlert & { readonly categoryId: string };
  readonly news: OutcomeNews;
}

/** Adds what is news of how alerts ended, one entry for each alert; what was known stays. */
export async function noteOutcomes(
  transaction: Transaction,
  outcomes: readonly AlertOutcome[],
): Promise<void> {
  const rows = outcomes.map(({ alert, news }) => ({
    alert_id: alert.id,
    category_id: alert.categoryId,
    rule: alert.rule,
    state: alert.peakState,
    error_code: alert.errorCode,
    command: news.command ?? null,
    command_helped: news.commandHelped ?? null,
    priority: news.priority ?? null,
    lasted_seconds: news.lastedSeconds ?? null,
    ended_at: news.endedAt ?? null,
  }));
  await sql`
    insert into alert_outcomes (alert_id, category_id, rule, state, error_code, command, command_helped, priority,
      lasted_seconds, ended_at)
    select alert_id, category_id, rule, state, error_code, command, command_helped, priority, lasted_seconds, ended_at
    from jsonb_populate_recordset(null::alert_outcomes, ${JSON.stringify(rows)}::jsonb)
    on conflict (alert_id) do update set
      command = coalesce(excluded.command, alert_outcomes.command),
      command_helped = coalesce(excluded.command_helped, alert_outcomes.command_helped),
      priority = coalesce(excluded.priority, alert_outcomes.priority),
      lasted_seconds = coalesce(alert_outcomes.lasted_seconds, excluded.lasted_seconds),
      ended_at = coalesce(alert_outcomes.ended_at, excluded.ended_at)`.execute(transaction);
}

/** So far back is looked: what was usual long ago may be so no more. */
const outcomesMax = 500;

/** Of the latest past alerts of the same kind: category, rule, state and error code. */
export async function findOutcomes(database: Database, alert: AnyAlert): Promise<Outcome[]> {
  const found = await sql<Outcome>`
    select command, command_helped as "commandHelped", priority, lasted_seconds as "lastedSeconds"
    from alert_outcomes
    where category_id = ${alert.categoryId} and rule = ${alert.rule} and state = ${alert.state}
      and error_code is not distinct from ${alert.errorCode}::integer
      and ended_at is not null and alert_id <> ${alert.id}
    order by ended_at desc limit ${outcomesMax}`.execute(database);
  return found.rows;
}

/** What a command is called, as it was told when it was sent. */
export async function findCommandName(
  transaction: Transaction,
  commandId: string,
): Promise<string | undefined> {
  const found = await sql<{ name: string }>`
    select payload ->> 'name' as name from events
    where key = ${commandId} and type = 'command.state-changed' and payload ->> 'name' is not null
    order by id limit 1`.execute(transaction);
  return found.rows[0]?.name;
}
