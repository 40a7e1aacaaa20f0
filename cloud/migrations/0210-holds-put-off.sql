-- An alert of which it cannot be found out just now what holds it is looked at again later, and holds up no other until
-- then.
create table alert_hold_failures (
  alert_id uuid primary key references alerts (id) on delete cascade,
  failures integer not null,
  put_off_until timestamptz
);
