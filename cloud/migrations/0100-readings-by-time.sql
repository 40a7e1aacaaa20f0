-- Readings lie in one table for each stretch of time in which they arrived, so that what is old is dropped at once.
-- What there is already becomes the first of them, as it is.
alter table readings rename to readings_before;
alter index readings_by_time rename to readings_before_by_time;
alter index readings_by_arrival rename to readings_before_by_arrival;
-- Only a sequence is shared by all tables, of PostgreSQL 15 too.
create sequence readings_number as bigint;
select setval('readings_number', nextval(pg_get_serial_sequence('readings_before', 'id')), false);
alter table readings_before alter column id drop identity;
alter table readings_before alter column id set default nextval('readings_number');
create table readings (like readings_before including defaults) partition by range (received_at);
create index readings_by_time on readings (signal_id, source_time, id);
-- Where no other is made for: a clock that goes wrong, or a cloud that was off for months.
create table readings_default partition of readings default;

-- The stretches that there are. What is in no list is a default one.
create table reading_partitions (
  table_name text not null,
  partition_name text primary key,
  -- Included; null: from the beginning.
  from_time timestamptz,
  -- Not included.
  until_time timestamptz not null
);
create index reading_partitions_by_time on reading_partitions (table_name, until_time);

-- Roll-ups: what a minute, and an hour, of one signal held, by the device's time.
create table reading_minutes (
  signal_id integer not null,
  start timestamptz not null,
  -- All readings, also those of BAD quality.
  count bigint not null,
  bad_count bigint not null,
  -- How many the total is over.
  numeric_count bigint not null,
  total float8 not null,
  minimum float8,
  maximum float8,
  -- The last number that was not BAD.
  last_time timestamptz,
  last float8,
  -- When the newest of what it holds arrived.
  arrived_at timestamptz not null,
  primary key (signal_id, start)
) partition by range (start);
create table reading_hours (like reading_minutes including constraints, primary key (signal_id, start))
  partition by range (start);
create table reading_minutes_default partition of reading_minutes default with (fillfactor = 80);
create table reading_hours_default partition of reading_hours default with (fillfactor = 80);

-- What batches add to the minutes, one row each, until it is added. Element by element one minute of one signal.
create table reading_changes (
  id bigint generated always as identity primary key,
  received_at timestamptz not null,
  signal_ids integer[] not null,
  -- Minutes since 1970-01-01.
  minutes bigint[] not null,
  counts bigint[] not null,
  bad_counts bigint[] not null,
  numeric_counts bigint[] not null,
  totals float8[] not null,
  minima float8[] not null,
  maxima float8[] not null,
  -- Milliseconds since 1970-01-01.
  last_times float8[] not null,
  lasts float8[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- From when on a source holds everything that arrived; null: from the beginning.
create table reading_sources (
  name text primary key,
  complete_from timestamptz
);
insert into reading_sources (name) values ('readings'), ('reading_minutes');

-- Signals whose older readings are not in the roll-ups yet: those before these numbers.
create table reading_backlog (
  signal_id integer primary key,
  reading_id_end bigint not null,
  summary_id_end bigint not null
);

do $$
declare
  today timestamptz := date_trunc('day', now() at time zone 'UTC') at time zone 'UTC';
  boundary timestamptz := today;
  newest timestamptz := (select max(received_at) from readings_before);
begin
  if newest is not null or exists (select from reading_summaries) then
    boundary := date_trunc('day', greatest(newest, now()) at time zone 'UTC') at time zone 'UTC' + interval '1 day';
    insert into reading_backlog (signal_id, reading_id_end, summary_id_end)
      select id, (select last_value from readings_number), coalesce((select max(id) from reading_summaries), 0) + 1
      from telemetry_signals;
  end if;
  execute format('alter table readings attach partition readings_before for values from (minvalue) to (%L)', boundary);
  insert into reading_partitions values ('readings', 'readings_before', null, boundary);
  execute format('create table %I partition of readings for values from (%L) to (%L)',
    'readings_' || to_char(boundary at time zone 'UTC', 'YYYYMMDD'), boundary, boundary + interval '25 days');
  insert into reading_partitions values ('readings',
    'readings_' || to_char(boundary at time zone 'UTC', 'YYYYMMDD'), boundary, boundary + interval '25 days');
end $$;
