-- The configurations that were written here for a gateway.
create table gateway_configurations (
  gateway_id text not null references gateways (id),
  number integer not null,
  text text not null,
  -- SHA-256 of the text, in lower-case hexadecimal.
  sha256 text not null,
  confirmed_by text not null check (confirmed_by in ('health', 'person')),
  confirm_within_seconds integer not null,
  state text not null
    check (state in ('pending', 'applied', 'confirmed', 'reverted', 'refused', 'superseded')),
  reason text,
  mistakes jsonb not null default '[]',
  changes jsonb not null default '[]',
  created_by text not null,
  created_at timestamptz not null,
  state_at timestamptz not null,
  primary key (gateway_id, number)
);

-- What a gateway runs, as it said last.
create table gateway_running_configurations (
  gateway_id text primary key references gateways (id),
  -- The number of the one above; null where it came from elsewhere.
  number integer,
  source text not null check (source in ('cloud', 'file', 'person')),
  sha256 text not null,
  -- Null where the gateway kept it to itself, because it holds a secret.
  text text,
  at timestamptz not null
);

-- 'What would this change?', asked of a gateway.
create table gateway_configuration_checks (
  id uuid primary key,
  gateway_id text not null references gateways (id),
  created_by text not null,
  created_at timestamptz not null,
  answered_at timestamptz,
  mistakes jsonb not null default '[]',
  changes jsonb not null default '[]'
);
create index gateway_configuration_checks_by_age on gateway_configuration_checks (created_at);
