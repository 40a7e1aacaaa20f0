import type { AnyAlert } from '../alerts/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Outcome } from './suggest.ts';

export interface OutcomeNews {
  readonly cleared?: boolean;
  readonly toPeople?: boolean;
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
    cleared: news.cleared ?? false,
    to_people: news.toPeople ?? false,
    priority: news.priority ?? null,
    lasted_seconds: news.lastedSeconds ?? null,
    ended_at: news.endedAt ?? null,
  }));
  await sql`
    insert into alert_outcomes (alert_id, category_id, rule, state, error_code, cleared, to_people, priority,
      lasted_seconds, ended_at)
    select alert_id, category_id, rule, state, error_code, cleared, to_people, priority, lasted_seconds, ended_at
    from jsonb_populate_recordset(null::alert_outcomes, ${JSON.stringify(rows)}::jsonb)
    on conflict (alert_id) do update set
      cleared = excluded.cleared or alert_outcomes.cleared,
      to_people = excluded.to_people or alert_outcomes.to_people,
      priority = coalesce(excluded.priority, alert_outcomes.priority),
      lasted_seconds = coalesce(alert_outcomes.lasted_seconds, excluded.lasted_seconds),
      ended_at = coalesce(alert_outcomes.ended_at, excluded.ended_at)`.execute(transaction);
}

/** So far back is looked: what was usual long ago may be so no more. */
const outcomesMax = 500;

/** Of the latest past alerts of the same kind: category, rule, state and error code. */
export async function findOutcomes(database: Database, alert: AnyAlert): Promise<Outcome[]> {
  const found = await sql<Outcome>`
    select cleared, to_people as "toPeople", priority, lasted_seconds as "lastedSeconds",
      array(
        select jsonb_build_object('command', command, 'helped', helped) from alert_outcome_tries as tried
        where tried.alert_id = alert_outcomes.alert_id and helped is not null) as tries
    from alert_outcomes
    where category_id = ${alert.categoryId} and rule = ${alert.rule} and state = ${alert.state}
      and error_code is not distinct from ${alert.errorCode}::integer
      and ended_at is not null and alert_id <> ${alert.id}
    order by ended_at desc limit ${outcomesMax}`.execute(database);
  return found.rows;
}

/** What became of a remedy that was tried for alerts, or that it was begun. */
export interface TryNews {
  readonly alertIds: readonly string[];
  /** Null: what was under way is meant. */
  readonly commandId: string | null;
  /** `withdrawn`: the device never began it, so it was no try. */
  readonly became: 'sent' | 'helped' | 'failed' | 'withdrawn';
}

/** One remedy is tried after the other: what was under way before is settled by whatever comes next. */
export async function noteTry(transaction: Transaction, news: TryNews): Promise<void> {
  const { became, commandId } = news;
  const ids = [...news.alertIds];
  if (became === 'withdrawn') {
    await sql`
      delete from alert_outcome_tries where alert_id = any(${ids}::uuid[]) and helped is null`.execute(
      transaction,
    );
    return;
  }
  const name = commandId === null ? undefined : await findCommandName(transaction, commandId);
  if (name !== undefined) {
    const helped = became === 'sent' ? null : became === 'helped';
    await sql`
      insert into alert_outcome_tries (alert_id, command_id, command, helped)
      select id, ${commandId}::uuid, ${name}, ${helped}::boolean from alerts where id = any(${ids}::uuid[])
      on conflict (alert_id, command_id) do update set
        helped = coalesce(alert_outcome_tries.helped, excluded.helped)`.execute(transaction);
  }
  await sql`
    update alert_outcome_tries set helped = false
    where alert_id = any(${ids}::uuid[]) and helped is null
      and (${became} <> 'sent' or command_id <> ${commandId}::uuid)`.execute(transaction);
}

/** What a command is called, as it was told when it was sent. */
async function findCommandName(transaction: Transaction, commandId: string): Promise<string | undefined> {
  const found = await sql<{ name: string }>`
    select payload ->> 'name' as name from events
    where key = ${commandId} and type = 'command.state-changed' and payload ->> 'name' is not null
    order by id limit 1`.execute(transaction);
  return found.rows[0]?.name;
}
