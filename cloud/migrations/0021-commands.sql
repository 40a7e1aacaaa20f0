create table commands (
  id uuid primary key,
  device_id text not null references devices (id),
  -- The gateway that was told to carry it out.
  gateway_id text not null,
  name text not null,
  parameters jsonb not null,
  idempotency text not null check (idempotency in ('idempotent', 'once')),
  state text not null check (state in ('QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING',
    'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED')),
  reason text,
  issued_by text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  boot_id_before text,
  boot_id_after text,
  result jsonb,
  cancel_requested_at timestamptz,
  cancel_requested_by text,
  -- What the gateway said after the state was final here: the state stays, the word is kept.
  late_state text,
  late_reason text,
  late_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create index commands_by_device on commands (device_id, issued_at desc, id desc);
-- The queue: what is not final yet.
create index commands_pending on commands (expires_at)
  where state in ('QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING');
create index commands_pending_by_device on commands (device_id)
  where state in ('QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING');
create index commands_queued_by_gateway on commands (gateway_id)
  where state in ('QUEUED', 'SENT', 'DELIVERED');

create table command_history (
  id bigint generated always as identity primary key,
  command_id uuid not null references commands (id),
  state text not null,
  -- By the clock of whoever says it: the gateway's for its own words.
  at timestamptz not null,
  reason text,
  -- False where the word came too late, or after a later one, to change the state.
  took_effect boolean not null,
  -- A repetition of the same word is the same word.
  unique (command_id, state, at)
);
