create table gateways (
  id text primary key,
  name text not null,
  -- SHA-256 of the key, in lower-case hexadecimal; null once it was revoked.
  key_sha256 text unique,
  key_issued_at timestamptz not null,
  key_revoked_at timestamptz,
  connected boolean not null default false,
  last_seen_at timestamptz,
  -- The downlink stream that is open now, if any; a stream that finds another here ends itself.
  stream_id uuid,
  -- The number of the last downlink message that was made.
  downlink_number bigint not null default 0,
  -- The gateway has journaled every downlink message up to this one.
  downlink_acknowledged bigint not null default 0,
  -- Messages up to this one may be missing because there were too many: who asks for less gets the whole state.
  downlink_dropped bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create index gateways_connected on gateways (last_seen_at) where connected;

-- How far each outbox has come. A row for each epoch: a former one keeps its number, so that a late repetition
-- of it is still known for what it is.
create table gateway_lanes (
  gateway_id text not null references gateways (id),
  lane text not null,
  epoch uuid not null,
  acked bigint not null,
  began_at timestamptz not null,
  last_batch_at timestamptz not null,
  primary key (gateway_id, lane, epoch)
);

-- What is still to be told to a gateway.
create table gateway_downlink (
  gateway_id text not null references gateways (id),
  number bigint not null,
  -- A later message of the same subject replaces an earlier one ('device:press-1'); null for commands.
  subject text,
  message jsonb not null,
  created_at timestamptz not null,
  primary key (gateway_id, number)
);
create unique index gateway_downlink_subject on gateway_downlink (gateway_id, subject);

-- Records that were lost at the edge, and why.
create table gateway_gaps (
  id bigint generated always as identity primary key,
  gateway_id text not null references gateways (id),
  lane text not null,
  device_id text,
  reason text not null,
  count bigint not null,
  from_time timestamptz not null,
  to_time timestamptz not null,
  received_at timestamptz not null
);
create index gateway_gaps_by_gateway on gateway_gaps (gateway_id, id);
create index gateway_gaps_by_device on gateway_gaps (device_id, from_time);

-- Input that was refused, at the edge or here, counted by day.
create table gateway_rejections (
  id bigint generated always as identity primary key,
  gateway_id text not null references gateways (id),
  -- Empty where it is not known which device it was.
  device_id text not null,
  source text not null,
  reason text not null,
  day date not null,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  unique (gateway_id, device_id, source, reason, day)
);
create index gateway_rejections_by_gateway on gateway_rejections (gateway_id, id);
