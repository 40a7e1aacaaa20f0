-- What a gateway thinned because it ran out of room: one row stands for many readings of a signal.
create table reading_summaries (
  id bigint generated always as identity primary key,
  signal_id integer not null,
  -- The first and the last reading, both included, by the device's time.
  from_time timestamptz not null,
  to_time timestamptz not null,
  received_at timestamptz not null,
  count bigint not null,
  bad_count bigint not null,
  -- How many readings the mean is over.
  numeric_count bigint not null,
  minimum float8,
  maximum float8,
  mean float8,
  last_value float8,
  last_text text,
  clock_state smallint not null
);
create index reading_summaries_by_time on reading_summaries (signal_id, from_time);
create index reading_summaries_by_arrival on reading_summaries using brin (received_at);

-- Where the gateway corrected the time later: what its clock, which was not set, had said.
alter table readings add column original_time timestamptz;

-- The signals that a gap is of; null where it may be any.
alter table gateway_gaps add column signals text[];
