-- Whoever was told of an incident is told its final count once it is over: a second notice of it, once.
alter table alert_notices add column of_end boolean not null default false;
alter table alert_notices
  add constraint alert_notices_end_of_incident check (not of_end or incident_id is not null);
drop index alert_notices_once_per_incident;
create unique index alert_notices_once_per_incident on alert_notices (rule_id, incident_id, of_end)
  where incident_id is not null;
