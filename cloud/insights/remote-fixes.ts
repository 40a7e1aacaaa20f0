import { AndonError } from '@andon/shared/kernel';
import { type Database, sql } from '../platform/index.ts';
import type { RemoteFixes, RemoteFixesQuery, RemoteFixItem } from './schemas.ts';

const millisecondsPerDay = 86_400_000;
const daysDefault = 30;
const daysMax = 400;
/** Kinds, commands or days in one answer. */
const itemsMax = 1000;

interface Counted {
  category_id: string | null;
  rule: string | null;
  error_code: number | null;
  command: string | null;
  day: string | null;
  sent: number | null;
  alerts: number;
  fixed: number;
  fixed_otherwise: number;
  people: number;
  given_up: number;
  under_way: number;
  by_themselves: number;
  untouched: number;
  tried: number;
}

/** How the alerts that were raised in a period ended, and by what. */
export async function countRemoteFixes(
  database: Database,
  query: RemoteFixesQuery,
  now: number,
): Promise<RemoteFixes> {
  const { from, to } = periodOf(query, now);
  const groupBy = query.groupBy ?? 'kind';
  const counted = countedAlerts(from, to, query.categoryId);
  const tries = groupBy === 'command' ? sql`, ${triedCommands}` : sql``;
  const { rows: totals } = await sql<Counted>`${counted} ${ofAll}`.execute(database);
  const { rows } = await sql<Counted>`${counted}${tries} ${itemsBy[groupBy]}`.execute(database);
  const [total] = totals.map(toItem);
  if (total === undefined) {
    throw new Error('a count gave no row');
  }
  return { from: from.toISOString(), to: to.toISOString(), groupBy, total, items: rows.map(toItem) };
}

/** Each alert of the period once, with the fault episode that it belongs to and what became of it. */
function countedAlerts(from: Date, to: Date, categoryId: string | undefined) {
  return sql`
    with counted as (
      select alerts.id, alerts.category_id, alerts.rule, alerts.error_code, alerts.raised_at,
        episode.id as escalation_id, coalesce(episode.attempts, 0) > 0 as is_tried,
        case
          when alerts.case_id is not null or episode.case_id is not null or episode.work_order_id is not null
            or exists (select from work_orders where work_orders.alert_id = alerts.id) then 'people'
          when episode.state = 'remedied' and episode.attempts > 0
            and coalesce(episode.reason, '') not like 'cleared-by-itself%'
            and coalesce(episode.reason, '') not like 'ended-by-itself%'
            and coalesce(episode.reason, '') <> 'the alert was over before the remedy was begun' then 'fixed'
          when episode.state in ('remedying', 'verifying') then 'under-way'
          when episode.state = 'unremedied' then 'given-up'
          when alerts.condition = 'cleared' then 'by-itself'
          when episode.state = 'open' then 'under-way'
          else 'untouched'
        end as outcome
      from alerts
        left join escalation_alerts as member on member.alert_id = alerts.id
        left join escalations as episode on episode.id = member.escalation_id
      where alerts.raised_at >= ${from} and alerts.raised_at < ${to}
        ${categoryId === undefined ? sql`` : sql`and alerts.category_id = ${categoryId}`})`;
}

/** Which commands were tried for each episode of the period, and which of them was the last. */
const triedCommands = sql`
  tries as (
    select sent.escalation_id, commands.name, count(*)::integer as sent,
      commands.name = (
        select latest.name from escalation_commands as last join commands as latest on latest.id = last.command_id
        where last.escalation_id = sent.escalation_id order by latest.issued_at desc, latest.id desc limit 1) as is_last
    from escalation_commands as sent join commands on commands.id = sent.command_id
    where sent.escalation_id in (select escalation_id from counted)
    group by sent.escalation_id, commands.name)`;

const counts = sql`
  count(*)::integer as alerts,
  count(*) filter (where outcome = 'fixed')::integer as fixed,
  count(*) filter (where outcome = 'fixed-otherwise')::integer as fixed_otherwise,
  count(*) filter (where outcome = 'people')::integer as people,
  count(*) filter (where outcome = 'given-up')::integer as given_up,
  count(*) filter (where outcome = 'under-way')::integer as under_way,
  count(*) filter (where outcome = 'by-itself')::integer as by_themselves,
  count(*) filter (where outcome = 'untouched')::integer as untouched,
  count(*) filter (where is_tried)::integer as tried`;

const ofAll = sql`
  select null as category_id, null as rule, null::integer as error_code, null as command, null as day,
    null::integer as sent, ${counts}
  from counted`;

const byKind = sql`
  select category_id, rule, error_code, null as command, null as day, null::integer as sent, ${counts}
  from counted group by category_id, rule, error_code
  order by alerts desc, category_id, rule, error_code limit ${itemsMax}`;

const byDay = sql`
  select null as category_id, null as rule, null::integer as error_code, null as command,
    to_char(raised_at at time zone 'UTC', 'YYYY-MM-DD') as day, null::integer as sent, ${counts}
  from counted group by day order by day limit ${itemsMax}`;

/** An alert stands at each command that was tried for its fault; fixed it has the last one. */
const byCommand = sql`
  select null as category_id, null as rule, null::integer as error_code, name as command, null as day,
    (select sum(all_tries.sent)::integer from tries as all_tries where all_tries.name = each.name) as sent, ${counts}
  from (
    select tries.name, is_tried,
      case when outcome = 'fixed' and not tries.is_last then 'fixed-otherwise' else outcome end as outcome
    from counted join tries on tries.escalation_id = counted.escalation_id) as each
  group by name order by alerts desc, name limit ${itemsMax}`;

const itemsBy = { kind: byKind, day: byDay, command: byCommand } as const;

function toItem(row: Counted): RemoteFixItem {
  const share = (of: number): number | null => (of === 0 ? null : row.fixed / of);
  return {
    categoryId: row.category_id,
    rule: row.rule,
    errorCode: row.error_code,
    command: row.command,
    day: row.day,
    sent: row.sent,
    alerts: row.alerts,
    fixedRemotely: row.fixed,
    fixedOtherwise: row.fixed_otherwise,
    toPeople: row.people,
    givenUp: row.given_up,
    underWay: row.under_way,
    byThemselves: row.by_themselves,
    untouched: row.untouched,
    tried: row.tried,
    shareOfAlerts: share(row.alerts),
    shareOfTried: share(row.tried),
  };
}

function periodOf(query: RemoteFixesQuery, now: number): { from: Date; to: Date } {
  const to = query.to === undefined ? now : Date.parse(query.to);
  const from = query.from === undefined ? to - daysDefault * millisecondsPerDay : Date.parse(query.from);
  if (!(from < to && to - from <= daysMax * millisecondsPerDay)) {
    throw new AndonError({
      code: 'insights.period-invalid',
      message: `A period begins before it ends, and lasts ${daysMax} days at most.`,
      nextStep: 'Give times as in 2026-03-01T00:00:00Z, from before to.',
      field: 'from',
      status: 422,
    });
  }
  return { from: new Date(from), to: new Date(to) };
}
