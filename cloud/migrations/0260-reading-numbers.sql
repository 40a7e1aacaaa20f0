-- Which numbers readings of one time got where readings are kept in InfluxDB or VictoriaMetrics: for each signal and
-- each lane that brings it, how many readings there may be at which times, as [from, to, count] in epoch milliseconds.
create table reading_numbers (
  signal_id integer not null,
  gateway_id text not null,
  lane text not null,
  -- 0 for the first gateway that brought the signal, 1 for the next one that its device was moved to.
  gateway_number integer not null,
  pieces jsonb not null,
  primary key (signal_id, gateway_id, lane)
) with (fillfactor = 70);
