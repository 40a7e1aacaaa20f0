-- What keeps an alert from being told, what is being done about it in one word, and alerts of gateways themselves.
alter table alerts
  alter column device_id drop not null,
  alter column account_id drop not null,
  alter column asset_id drop not null,
  alter column category_id drop not null,
  -- Who is in trouble: a device, or the gateway that speaks for devices.
  add column source text not null default 'device' check (source in ('device', 'gateway')),
  -- Where the device stood when the alert was raised.
  add column site_id uuid,
  -- What in-progress means; null where a person said so without a word.
  add column progress text
    check (progress in ('command-sent', 'command-failed', 'case-created', 'work-order-created')),
  -- Alerts with the same key within the window of their category are one group.
  add column group_key text,
  -- Why nobody is told at present; of an alert that is over: why nobody ever was.
  add column hold text check (hold in ('shelved', 'maintenance', 'gateway-down', 'incident', 'group')),
  -- The shelf, window, gateway's alert, incident or primary alert that holds it.
  add column hold_id uuid,
  -- When it is looked at again; null: when what holds it says so.
  add column hold_until timestamptz,
  -- When it was first told; null: never.
  add column announced_at timestamptz,
  add column incident_id uuid,
  add constraint alerts_of_a_device_name_it check (source = 'gateway' or (device_id is not null
    and account_id is not null and asset_id is not null and category_id is not null)),
  add constraint alerts_progress_is_in_progress check (progress is null or status = 'in-progress'),
  add constraint alerts_hold_says_by_what check ((hold is null) = (hold_id is null));
update alerts set announced_at = created_at,
  group_key = case when error_code is null then null
    else 'device=' || device_id || '|error-code=' || error_code end;
create unique index alerts_one_open_of_gateway on alerts (gateway_id, rule)
  where condition = 'active' and source = 'gateway';
-- The primaries that a new alert could be grouped under.
create index alerts_primary_of_group on alerts (group_key, raised_at)
  where parent_alert_id is null and status in ('active', 'in-progress') and group_key is not null;
create index alerts_hold_due on alerts (hold_until) where hold_until is not null;
create index alerts_held_by on alerts (hold_id) where hold_id is not null;
-- What is open, newest first: the list that people look at most.
create index alerts_open_by_time on alerts (raised_at desc, id desc) where condition = 'active';

-- That a rule of a device (or an alert of a gateway) is kept quiet, by whom, why and until when.
create table alert_shelves (
  id uuid primary key,
  source text not null check (source in ('device', 'gateway')),
  -- The device, or the gateway.
  subject_id text not null,
  rule text not null,
  -- The alert that it was shelved at.
  alert_id uuid not null references alerts (id),
  kind text not null check (kind in ('timed', 'one-shot')),
  shelved_at timestamptz not null,
  shelved_by text not null,
  reason text not null,
  until_time timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  end_reason text,
  constraint alert_shelves_end_is_whole check ((ended_at is null) = (ended_by is null)
    and (ended_at is null) = (end_reason is null))
);
create unique index alert_shelves_one_open on alert_shelves (source, subject_id, rule) where ended_at is null;
create index alert_shelves_due on alert_shelves (until_time) where ended_at is null;
create index alert_shelves_by_alert on alert_shelves (alert_id);

-- How alerts of a category are grouped; one without a row has the product's default.
create table alert_groupings (
  category_id text primary key,
  fields text[] not null,
  window_seconds integer not null check (window_seconds between 0 and 86400),
  updated_at timestamptz not null,
  updated_by text not null,
  version integer not null
);

-- One row.
create table alert_settings (
  id boolean primary key default true check (id),
  gateway_grace_seconds integer not null,
  gateway_recovery_seconds integer not null,
  gateway_severity text not null,
  storm_enabled boolean not null,
  storm_devices integer not null,
  storm_window_seconds integer not null,
  storm_quiet_seconds integer not null,
  updated_at timestamptz not null,
  version integer not null
);
insert into alert_settings values (true, 60, 120, 'MAJOR', true, 50, 60, 300, now(), 1);

-- Gateways of which nothing is heard, and the alert that says so once they have been away for long enough.
create table gateway_absences (
  gateway_id text primary key,
  since timestamptz not null,
  alert_id uuid references alerts (id)
);

-- How many devices have alerts of one cause, lately.
create index alerts_lately_of_rule on alerts (category_id, rule, created_at);
create index alerts_lately_of_gateway on alerts (gateway_id, created_at);
create index alerts_lately_of_site on alerts (site_id, created_at) where site_id is not null;
create index alerts_by_incident on alerts (incident_id) where incident_id is not null;
create index alerts_of_gateways on alerts (gateway_id, raised_at) where source = 'gateway';
