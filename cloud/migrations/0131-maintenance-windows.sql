-- When and where somebody works, so that alerts raised there page nobody.
create table maintenance_windows (
  id uuid primary key,
  scope_kind text not null check (scope_kind in ('account', 'site', 'asset', 'device', 'gateway', 'category')),
  scope_id text not null,
  -- As it was called when the window was made.
  scope_name text not null,
  reason text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  repeats text not null check (repeats in ('never', 'weekly')),
  repeats_until timestamptz,
  -- By whose clocks it repeats; IANA.
  time_zone text not null,
  ended_at timestamptz,
  ended_by text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint maintenance_windows_end_after_start check (ends_at > starts_at),
  constraint maintenance_windows_only_repeats_end check (repeats = 'weekly' or repeats_until is null)
);
create index maintenance_windows_in_force on maintenance_windows (scope_kind, scope_id) where ended_at is null;
create index maintenance_windows_by_start on maintenance_windows (starts_at desc, id desc);
