-- How often telling somebody has failed; after some attempts the notice is dropped with that as its reason.
alter table alert_notices add column attempts integer not null default 0;
