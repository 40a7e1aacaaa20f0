-- What a store of numbers cannot say of a reading that it keeps: its text, why it is not good, what the clock had said.
-- Used where readings are kept in InfluxDB.
create table reading_notes (
  signal_id integer not null,
  source_time timestamptz not null,
  -- 0 but for further readings of the same time in a batch.
  ordinal integer not null,
  received_at timestamptz not null,
  text_value text,
  quality_reason text,
  original_time timestamptz,
  primary key (signal_id, source_time, ordinal)
);
create index reading_notes_by_arrival on reading_notes using brin (received_at);
