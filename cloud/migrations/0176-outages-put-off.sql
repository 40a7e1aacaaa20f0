-- A gateway whose alert cannot be raised just now is tried again later, and holds up no other until then.
alter table gateway_absences
  add column failures integer not null default 0,
  add column put_off_until timestamptz;
