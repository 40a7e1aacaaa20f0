-- Devices that were made and are nobody's yet: whoever types the code makes one the device of an asset.
create table device_claims (
  device_id text primary key,
  name text,
  category_id text not null constraint device_claims_category references device_categories (id),
  simulated boolean not null,
  tags text[] not null,
  -- SHA-256 of the MQTT password that was put into it where it was made.
  password_sha256 text not null,
  code_sha256 text not null unique,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  claimed_at timestamptz,
  claimed_by text,
  asset_id uuid references assets (id)
);
create index device_claims_open on device_claims (device_id) where claimed_at is null;

-- Devices that gateways told of, and what became of each.
alter table device_categories add column allows_just_in_time boolean not null default false;
alter table devices add column just_in_time boolean not null default false;
create index devices_just_in_time on devices (gateway_id) where just_in_time;
create table device_discoveries (
  gateway_id text not null references gateways (id),
  device_id text not null,
  category_id text not null,
  name text,
  outcome text not null check (outcome in ('registered', 'refused')),
  -- A stable token, such as category-does-not-allow.
  reason text,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null,
  primary key (gateway_id, device_id),
  constraint device_discoveries_refused_has_reason check ((outcome = 'refused') = (reason is not null))
);
create index device_discoveries_by_outcome on device_discoveries (outcome, gateway_id, device_id);

-- Many devices registered at once, row by row.
create table device_registration_jobs (
  id uuid primary key,
  state text not null check (state in ('running', 'finished', 'cancelled')),
  total integer not null,
  succeeded integer not null default 0,
  failed integer not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index device_registration_jobs_running on device_registration_jobs (id) where state = 'running';
create table device_registration_rows (
  job_id uuid not null references device_registration_jobs (id) on delete cascade,
  number integer not null,
  input jsonb not null,
  state text not null check (state in ('waiting', 'succeeded', 'failed', 'cancelled')),
  device_id text,
  code text,
  field text,
  message text,
  at timestamptz,
  primary key (job_id, number)
);
create index device_registration_rows_by_state on device_registration_rows (job_id, state, number);
