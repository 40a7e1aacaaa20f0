-- What a transition was decided by, and the alerts that a first one stands for.
alter table alert_transitions drop constraint alert_transitions_transition_check;
alter table alert_transitions add constraint alert_transitions_transition_check
  check (transition in ('raised', 'escalated', 'deescalated', 'updated', 'cleared'));
alter table alert_transitions add column evidence jsonb;
alter table alert_transitions add column children jsonb;
alter table alert_transitions add column child_count integer;

-- What the device sent around the time of an alert. The samples are as the gateway sent them.
create table alert_recordings (
  alert_id uuid not null references alerts (id) on delete cascade,
  part text not null check (part in ('before', 'after')),
  from_time timestamptz not null,
  to_time timestamptz not null,
  truncated boolean not null,
  signals jsonb not null,
  frames jsonb not null,
  received_at timestamptz not null,
  primary key (alert_id, part)
);

-- That rules of devices were shelved at the edge, and are so no longer.
create table alert_shelvings (
  device_id text not null references devices (id),
  rule text not null,
  at timestamptz not null,
  shelved boolean not null,
  rule_version integer not null,
  kind text not null check (kind in ('timed', 'one-shot', 'chatter')),
  until_time timestamptz not null,
  shelved_by text not null,
  reason text not null,
  received_at timestamptz not null,
  primary key (device_id, rule, at, shelved)
);
