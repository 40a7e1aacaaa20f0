-- An episode for which time cannot pass just now is tried again later, and holds up no other until then.
alter table escalations
  add column failures integer not null default 0,
  add column put_off_until timestamptz;
