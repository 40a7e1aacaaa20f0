-- What happened to a device and is worth a pin on its charts, from the event log.
create table device_moments (
  event_id bigint primary key,
  device_id text not null,
  -- When it happened, which may be long before it was told.
  at timestamptz not null,
  -- The type of the event: `alert.raised`.
  kind text not null,
  -- The alert, command, case or work order; null where there is none.
  record_id text,
  -- Of an alert.
  signal text,
  severity text,
  -- What a command, case or work order came to be.
  state text,
  title text
);
create index device_moments_by_time on device_moments (device_id, at desc, event_id desc);
