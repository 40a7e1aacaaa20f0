create table cases (
  id uuid primary key,
  -- Both are made by the database alone and never change; a number that was not used stays unused.
  sequence bigint generated always as identity,
  number text not null unique
    generated always as ('CAS-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0')) stored,
  title text not null,
  description text,
  status text not null check (status in ('active', 'resolved', 'cancelled')),
  status_reason text not null,
  priority text not null check (priority in ('critical', 'high', 'normal', 'low')),
  origin text not null,
  account_id uuid not null references accounts (id),
  contact_id uuid references contacts (id),
  device_id text references devices (id),
  asset_id uuid references assets (id),
  -- What the asset was when the case was opened.
  product_name text,
  serial_number text,
  alert_id uuid references alerts (id),
  error_code integer,
  evidence jsonb,
  -- The fault episode that opened it: one case for each, whatever is delivered twice.
  escalation_id uuid unique,
  -- The customer's link is rebuilt from the token, and found by its digest.
  public_token text not null,
  public_token_sha256 text not null unique,
  resolution text,
  resolved_at timestamptz,
  resolved_by text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint cases_reason_of_status check (
    (status = 'active' and status_reason in ('in-progress', 'on-hold', 'waiting-for-details', 'researching'))
    or (status = 'resolved' and status_reason in ('problem-solved', 'information-provided'))
    or (status = 'cancelled' and status_reason = 'cancelled')),
  constraint cases_resolved_with_record check (
    status <> 'resolved' or (resolution is not null and resolved_at is not null and resolved_by is not null))
);
create index cases_by_time on cases (created_at desc, id desc);
create index cases_by_status on cases (status, created_at desc, id desc);
create index cases_by_account on cases (account_id, created_at desc, id desc);
create index cases_by_contact on cases (contact_id) where contact_id is not null;
create index cases_by_device on cases (device_id) where device_id is not null;
create index cases_by_serial_number on cases (serial_number) where serial_number is not null;

-- What happened in a case and is stored nowhere else: notes, changes of status, steps of its escalation, messages.
create table case_activities (
  id uuid primary key,
  case_id uuid not null references cases (id),
  at timestamptz not null,
  kind text not null,
  title text not null,
  detail text,
  actor text,
  -- What it tells of, where it comes from elsewhere ('message:<id>'): told again, it is the same activity.
  source text,
  unique (case_id, source)
);
create index case_activities_by_case on case_activities (case_id, at, id);
