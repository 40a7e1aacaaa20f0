-- What was there before the roll-ups is added to them slice by slice, in the order of the device's time: up to here.
alter table reading_backlog
  add column done_time timestamptz not null default '-infinity',
  add column done_id bigint not null default 0;
