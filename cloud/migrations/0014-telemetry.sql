-- A small number for (device, signal): 4 bytes in each reading instead of two names.
create table telemetry_signals (
  id integer generated always as identity primary key,
  device_id text not null references devices (id),
  name text not null,
  -- UCUM code, as last reported.
  unit text,
  -- The latest reading; numbers are in `value`, text in `text_value`, a boolean in both.
  value float8,
  text_value text,
  quality smallint,
  quality_reason text,
  source_time timestamptz,
  gateway_time timestamptz,
  unique (device_id, name)
) with (fillfactor = 70);

create table readings (
  signal_id integer not null,
  source_time timestamptz not null,
  id bigint generated always as identity,
  gateway_time timestamptz not null,
  received_at timestamptz not null,
  value float8,
  text_value text,
  -- 0 GOOD, 1 UNCERTAIN, 2 BAD.
  quality smallint not null,
  -- 0 SYNCHRONIZED, 1 UNSYNCHRONIZED, 2 CORRECTED.
  clock_state smallint not null,
  historical boolean not null,
  quality_reason text
);
-- Not unique by time: two readings may carry the same time, and both are kept.
create index readings_by_time on readings (signal_id, source_time, id);
-- For retention, which goes by the day of arrival: a recording of long ago is kept as long as today's news.
create index readings_by_arrival on readings using brin (received_at);
