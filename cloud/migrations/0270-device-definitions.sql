-- What gateways were told to watch by, and what each says of its devices (devices).
create table told_definitions (
  -- SHA-256 of the definition: devices of one category have the same.
  version text primary key check (version ~ '^[0-9a-f]{64}$'),
  -- Category, signals, rules and commands.
  definition jsonb not null,
  told_at timestamptz not null
);

alter table devices
  add column definition_wanted text references told_definitions,
  add column definition_running text references told_definitions,
  add column definition_running_at timestamptz,
  add column definition_refused text references told_definitions,
  add column definition_refused_at timestamptz,
  add column definition_refused_reason text;

-- Those that do not run what is wanted.
create index devices_behind on devices (gateway_id, id)
  where in_service and definition_running is distinct from definition_wanted;
