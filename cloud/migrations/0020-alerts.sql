-- One row for each occurrence of an alert: what its transitions fold to, and what people did about it.
create table alerts (
  -- Given by the gateway when the occurrence was raised.
  id uuid primary key,
  device_id text not null references devices (id),
  gateway_id text not null,
  -- Whose device and which asset it was when the alert was raised.
  account_id uuid not null,
  asset_id uuid not null,
  category_id text not null,
  rule text not null,
  rule_version integer not null,
  signal text not null,
  -- As of the highest-numbered transition that did not clear it.
  state text not null,
  severity text not null,
  error_code integer,
  value jsonb,
  setpoint float8,
  unit text,
  quality text not null,
  reason text not null,
  boot_id text,
  -- The worst that it ever was.
  peak_state text not null,
  peak_severity text not null,
  condition text not null check (condition in ('active', 'cleared')),
  response text not null check (response in ('unacknowledged', 'acknowledged')),
  status text not null check (status in ('active', 'in-progress', 'closed', 'inactive')),
  status_reason text,
  -- By the device's clock.
  raised_at timestamptz not null,
  cleared_at timestamptz,
  gateway_received_at timestamptz not null,
  historical boolean not null,
  -- The alert that this one is grouped under; a primary has none and is nobody's child.
  parent_alert_id uuid references alerts (id),
  acknowledged_at timestamptz,
  acknowledged_by text,
  -- Set by whoever opens a case for it.
  case_id uuid,
  transition_count integer not null,
  first_number integer not null,
  -- The number that state, value and the like are of; 0 while only the clear is known.
  current_number integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint alerts_cleared_has_time check (condition = 'active' or cleared_at is not null),
  constraint alerts_not_own_parent check (parent_alert_id is distinct from id)
);
-- A rule of a device is violated once at a time.
create unique index alerts_one_open on alerts (device_id, rule) where condition = 'active';
create index alerts_worked_on on alerts (device_id) where status in ('active', 'in-progress');
create index alerts_by_time on alerts (raised_at desc, id desc);
create index alerts_by_device on alerts (device_id, raised_at desc, id desc);
create index alerts_by_account on alerts (account_id, raised_at desc, id desc);
create index alerts_by_parent on alerts (parent_alert_id) where parent_alert_id is not null;
create index alerts_by_case on alerts (case_id) where case_id is not null;

create table alert_transitions (
  alert_id uuid not null references alerts (id),
  number integer not null,
  transition text not null check (transition in ('raised', 'escalated', 'deescalated', 'cleared')),
  rule_version integer not null,
  state text not null,
  severity text not null,
  error_code integer,
  value jsonb,
  setpoint float8,
  unit text,
  quality text not null,
  reason text not null,
  boot_id text,
  historical boolean not null,
  source_time timestamptz not null,
  gateway_time timestamptz not null,
  received_at timestamptz not null,
  primary key (alert_id, number)
);
