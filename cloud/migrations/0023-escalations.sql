-- One row for each fault episode: a device and an error code, from the first alert until it is remedied or its case
-- is closed.
create table escalations (
  id uuid primary key,
  device_id text not null references devices (id),
  -- 'code:42', or 'alert:<id>' where the alert has no error code.
  fault_key text not null,
  error_code integer,
  state text not null
    check (state in ('open', 'remedying', 'verifying', 'remedied', 'unremedied', 'case-opened')),
  reason text,
  -- The category's policy when the episode began; null where none covers it.
  policy jsonb,
  attempts integer not null,
  -- The remedy that is tried now.
  command_id uuid,
  wanted_priority text,
  clear_since timestamptz,
  verify_until timestamptz,
  -- When it is looked at again though nothing happened.
  due_at timestamptz,
  case_id uuid,
  closed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint escalations_case_of_state check (state <> 'case-opened' or case_id is not null)
);
-- A fault has one episode at a time, so one remedy at a time and one case.
create unique index escalations_one_ongoing on escalations (device_id, fault_key) where closed_at is null;
create unique index escalations_one_case on escalations (case_id) where case_id is not null;
create index escalations_due on escalations (due_at) where due_at is not null;
create index escalations_by_time on escalations (created_at desc, id desc);

-- An alert belongs to one episode.
create table escalation_alerts (
  alert_id uuid primary key references alerts (id),
  escalation_id uuid not null references escalations (id),
  cleared boolean not null,
  -- The first is the primary of the episode.
  position integer generated always as identity
);
create index escalation_alerts_by_escalation on escalation_alerts (escalation_id, position);

create table escalation_commands (
  command_id uuid primary key references commands (id),
  escalation_id uuid not null references escalations (id)
);
create index escalation_commands_by_escalation on escalation_commands (escalation_id);

create table escalation_steps (
  id bigint generated always as identity primary key,
  escalation_id uuid not null references escalations (id),
  at timestamptz not null,
  step text not null,
  reason text
);
create index escalation_steps_by_escalation on escalation_steps (escalation_id, id);

-- Requests for a case that were dealt with: a redelivery is none.
create table escalation_requests (
  trigger_event_id text primary key,
  escalation_id uuid not null references escalations (id)
);
