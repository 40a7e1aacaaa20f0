create table device_categories (
  id text primary key,
  name text not null,
  signals jsonb not null,
  rules jsonb not null,
  commands jsonb not null,
  escalation_policy jsonb,
  -- The last version that each rule name ever had, also of rules that are gone: a version is never used twice.
  rule_versions jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);

create table devices (
  -- Stands in MQTT topics.
  id text constraint devices_id primary key,
  name text not null,
  asset_id uuid not null references assets (id),
  category_id text not null constraint devices_category references device_categories (id),
  gateway_id text not null constraint devices_gateway references gateways (id),
  registration_status text not null
    check (registration_status in ('unregistered', 'in-progress', 'registered', 'error')),
  -- The downlink message that carries its definition, and when it was sent.
  definition_number bigint,
  definition_sent_at timestamptz,
  -- SHA-256 of its MQTT password, in lower-case hexadecimal.
  password_sha256 text,
  password_issued_at timestamptz,
  simulated boolean not null,
  -- What was last said of it; `connected` is the same as long as its gateway is connected too.
  reported_connected boolean not null default false,
  connected boolean not null default false,
  -- When the last word on its presence was spoken, by the gateway's clock.
  presence_at timestamptz,
  last_activity_at timestamptz,
  firmware text,
  boot_id text,
  last_boot_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create unique index devices_one_for_asset on devices (asset_id) where registration_status <> 'unregistered';
create index devices_by_gateway on devices (gateway_id);
create index devices_by_category on devices (category_id);
create index devices_in_progress on devices (definition_sent_at) where registration_status = 'in-progress';

create table device_registration_history (
  id bigint generated always as identity primary key,
  device_id text not null references devices (id),
  from_status text not null,
  to_status text not null,
  actor text not null,
  detail text not null,
  at timestamptz not null
);
create index device_registration_history_by_device on device_registration_history (device_id, id);
