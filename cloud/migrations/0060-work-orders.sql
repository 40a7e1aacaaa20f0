-- What is usually to be done about a kind of trouble: the tasks that a work order of it begins with.
create table incident_types (
  id text primary key,
  name text not null,
  description text,
  priority text not null check (priority in ('critical', 'high', 'normal', 'low')),
  -- [{title, minutes}], in their order.
  tasks jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);

create table work_orders (
  id uuid primary key,
  -- Both are made by the database alone and never change; a number that was not used stays unused.
  sequence bigint generated always as identity,
  number text not null unique
    generated always as ('WO-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0')) stored,
  title text not null,
  description text,
  status text not null
    check (status in ('unscheduled', 'scheduled', 'in-progress', 'completed', 'posted', 'cancelled')),
  priority text not null check (priority in ('critical', 'high', 'normal', 'low')),
  incident_type_id text references incident_types (id),
  account_id uuid not null references accounts (id),
  contact_id uuid references contacts (id),
  device_id text references devices (id),
  asset_id uuid references assets (id),
  case_id uuid references cases (id),
  alert_id uuid references alerts (id),
  -- The fault episode that asked for it: one work order for each, whatever is delivered twice.
  escalation_id uuid unique,
  technician_id uuid references users (id),
  scheduled_from timestamptz,
  scheduled_until timestamptz,
  started_at timestamptz,
  outcome text,
  completed_at timestamptz,
  completed_by text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint work_orders_visit_ends_after_it_begins check (scheduled_until > scheduled_from),
  constraint work_orders_scheduled_for_somebody check (
    status <> 'scheduled'
    or (technician_id is not null and scheduled_from is not null and scheduled_until is not null)),
  constraint work_orders_completed_with_record check (
    status not in ('completed', 'posted')
    or (outcome is not null and completed_at is not null and completed_by is not null))
);
create index work_orders_by_time on work_orders (created_at desc, id desc);
create index work_orders_by_status on work_orders (status, created_at desc, id desc);
create index work_orders_by_account on work_orders (account_id, created_at desc, id desc);
create index work_orders_by_technician on work_orders (technician_id, created_at desc, id desc)
  where technician_id is not null;
create index work_orders_by_case on work_orders (case_id) where case_id is not null;
create index work_orders_by_device on work_orders (device_id) where device_id is not null;
create index work_orders_by_asset on work_orders (asset_id) where asset_id is not null;
create index work_orders_by_alert on work_orders (alert_id) where alert_id is not null;

create table work_order_tasks (
  id uuid primary key,
  work_order_id uuid not null references work_orders (id),
  position integer not null,
  title text not null,
  -- What it is thought to take.
  minutes integer check (minutes > 0),
  done_at timestamptz,
  done_by text,
  unique (work_order_id, position),
  constraint work_order_tasks_done_by_somebody check ((done_at is null) = (done_by is null))
);

create table work_order_photos (
  id uuid primary key,
  work_order_id uuid not null references work_orders (id),
  media_type text not null check (media_type in ('image/jpeg', 'image/png', 'image/webp')),
  caption text,
  content bytea not null,
  taken_by text not null,
  created_at timestamptz not null
);
create index work_order_photos_by_work_order on work_order_photos (work_order_id, created_at, id);

-- What happened to a work order, and the notes about it.
create table work_order_activities (
  id uuid primary key,
  work_order_id uuid not null references work_orders (id),
  at timestamptz not null,
  kind text not null,
  title text not null,
  detail text,
  actor text not null
);
create index work_order_activities_by_work_order on work_order_activities (work_order_id, at, id);
