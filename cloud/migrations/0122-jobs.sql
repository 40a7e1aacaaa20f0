-- One command to many devices, a few at a time.
create table jobs (
  id uuid primary key,
  name text not null,
  command text not null,
  parameters jsonb not null,
  -- Null: as long as the command's definition says.
  expires_in_seconds integer check (expires_in_seconds > 0),
  selection jsonb not null,
  rate_per_minute integer not null check (rate_per_minute > 0),
  concurrency_max integer not null check (concurrency_max > 0),
  canary_count integer not null check (canary_count >= 0),
  -- Stops when more than this share of at least so many that have ended did not succeed.
  stop_failure_percent integer check (stop_failure_percent between 0 and 99),
  stop_at_least integer check (stop_at_least > 0),
  -- {zone: 'device' | 'job', timeZone, weekly}
  time_window jsonb,
  state text not null
    check (state in ('draft', 'awaiting-approval', 'running', 'paused', 'completed', 'stopped', 'cancelled')),
  reason text,
  -- Whether the command destroys something, as its definitions said when the devices were fixed.
  destructive boolean not null default false,
  created_by text not null,
  -- The user behind `created_by`, where it was a program.
  created_by_person text,
  submitted_at timestamptz,
  approved_by text,
  approved_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint jobs_stop_is_whole check ((stop_failure_percent is null) = (stop_at_least is null)),
  constraint jobs_two_persons check (
    approved_by is null or (approved_by <> created_by and approved_by is distinct from created_by_person)),
  constraint jobs_destructive_are_approved check (
    not destructive or state in ('draft', 'awaiting-approval', 'cancelled') or approved_by is not null)
);
create index jobs_by_time on jobs (created_at desc, id desc);
create index jobs_running on jobs (id) where state = 'running';

-- What becomes of a job at each of its devices: fixed when it leaves its draft.
create table job_targets (
  job_id uuid not null references jobs (id),
  device_id text not null references devices (id),
  position integer not null,
  state text not null check (state in ('waiting', 'sent', 'succeeded', 'failed', 'skipped')),
  -- Why it still waits, was skipped, or failed.
  reason text,
  -- A waiting one is looked at again then.
  look_at timestamptz not null,
  command_id uuid unique references commands (id),
  sent_at timestamptz,
  ended_at timestamptz,
  primary key (job_id, device_id),
  constraint job_targets_sent_with_a_command check (
    state in ('waiting', 'skipped') or (command_id is not null and sent_at is not null))
);
create index job_targets_by_state on job_targets (job_id, state, position);
create index job_targets_in_flight on job_targets (command_id) where state = 'sent';
create index job_targets_sent on job_targets (job_id, sent_at) where sent_at is not null;
create index job_targets_by_device on job_targets (device_id);

alter table commands add constraint commands_job foreign key (job_id) references jobs (id);
