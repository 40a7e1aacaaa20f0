-- Who is told of which alerts, and by which channel.
create table alert_notice_rules (
  id uuid primary key,
  name text not null,
  -- What it is about; null: whatever it is.
  category_id text,
  rule text,
  account_id uuid references accounts (id),
  severity_min text not null check (severity_min in ('CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE')),
  contact_id uuid references contacts (id),
  user_id uuid references users (id),
  channel text not null check (channel in ('sms', 'email')),
  -- So long an alert must last, and may turn out to be one of many, before it is told.
  wait_seconds integer not null check (wait_seconds between 0 and 3600),
  enabled boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint alert_notice_rules_one_person check (num_nonnulls(contact_id, user_id) = 1),
  constraint alert_notice_rules_of_a_category check (rule is null or category_id is not null)
);

-- That somebody is to be told, or was, or need not be.
create table alert_notices (
  id uuid primary key,
  rule_id uuid not null references alert_notice_rules (id) on delete cascade,
  alert_id uuid references alerts (id),
  incident_id uuid references incidents (id),
  -- The event that it follows from.
  event_id bigint not null,
  due_at timestamptz not null,
  state text not null check (state in ('waiting', 'told', 'dropped')),
  reason text,
  message_id uuid,
  created_at timestamptz not null,
  decided_at timestamptz,
  constraint alert_notices_one_subject check (num_nonnulls(alert_id, incident_id) = 1)
);
create unique index alert_notices_once on alert_notices (rule_id, alert_id, event_id) where alert_id is not null;
create unique index alert_notices_once_per_incident on alert_notices (rule_id, incident_id)
  where incident_id is not null;
create index alert_notices_due on alert_notices (due_at) where state = 'waiting';
create index alert_notices_by_alert on alert_notices (alert_id) where alert_id is not null;
