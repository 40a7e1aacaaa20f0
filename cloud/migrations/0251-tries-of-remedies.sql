-- Each remedy that was tried for an alert, with what became of it: more than one may be tried for one alert.
create table alert_outcome_tries (
  alert_id uuid not null references alerts (id) on delete cascade,
  command_id uuid not null,
  command text not null,
  -- Null while it is not known.
  helped boolean,
  primary key (alert_id, command_id)
);

alter table alert_outcomes
  -- Its condition went, whoever closed it.
  add column cleared boolean not null default false,
  -- A case or a work order was made for it.
  add column to_people boolean not null default false;

insert into alert_outcome_tries (alert_id, command_id, command, helped)
select member.alert_id, sent.command_id, commands.name,
  episode.state = 'remedied' and (episode.reason like 'stayed-clear%' or episode.reason like 'remedied by command%')
    and sent.command_id = episode.command_id
from escalation_alerts as member
  join escalations as episode on episode.id = member.escalation_id
  join escalation_commands as sent on sent.escalation_id = episode.id
  join commands on commands.id = sent.command_id
  join alerts on alerts.id = member.alert_id
where episode.state not in ('remedying', 'verifying') and commands.state <> 'CANCELLED'
  and alerts.created_at <= commands.issued_at;

update alert_outcomes set
  cleared = alerts.condition = 'cleared',
  to_people = alerts.case_id is not null or alert_outcomes.priority is not null
    or exists (select from work_orders where work_orders.alert_id = alerts.id),
  priority = coalesce(opened.priority, alert_outcomes.priority)
from alerts left join (
  -- Its last case, read once for all alerts.
  select distinct on (alert_id) alert_id, priority from cases where alert_id is not null
  order by alert_id, created_at desc
) as opened on opened.alert_id = alerts.id
where alerts.id = alert_outcomes.alert_id;

alter table alert_outcomes drop column command, drop column command_helped;
