create table triggers (
  id uuid primary key,
  name text not null constraint triggers_name unique,
  title text not null,
  -- [{name, type, required}]
  attributes jsonb not null,
  status text not null check (status in ('draft', 'ready')),
  built_in boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null
);

create table trigger_events (
  id uuid primary key,
  -- In the order of raising; a run waits for those after the one that it began with.
  sequence bigint generated always as identity unique,
  trigger_name text not null references triggers (name),
  attributes jsonb not null,
  contact_id uuid,
  -- The step of a run that raised it.
  run_id uuid,
  step_id text,
  -- The event of the log that it was raised for, and the one that tells of it.
  source_event_id bigint,
  event_id bigint,
  -- Length of the chain of triggers that led here; 1 where nothing of ours did.
  depth integer not null check (depth >= 1),
  test boolean not null,
  state text not null check (state in ('raised', 'refused')),
  reason text,
  actor text not null,
  raised_at timestamptz not null
);
-- A business event raises a trigger once, and a step of a run once.
create unique index trigger_events_one_per_source on trigger_events (trigger_name, source_event_id)
  where source_event_id is not null;
create unique index trigger_events_one_per_step on trigger_events (run_id, step_id) where run_id is not null;
create index trigger_events_by_trigger on trigger_events (trigger_name, sequence);
create index trigger_events_by_event on trigger_events (event_id);

create table journeys (
  id uuid primary key,
  name text not null,
  status text not null check (status in ('draft', 'live', 'stopped')),
  latest_version integer not null,
  live_version integer,
  -- Of the journeys that come with the product: which one, and what release of it.
  built_in_key text constraint journeys_built_in unique,
  built_in_version integer,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint journeys_live_have_a_version check (status <> 'live' or live_version is not null)
);

create table journey_versions (
  journey_id uuid not null references journeys (id),
  number integer not null,
  trigger_name text not null,
  definition jsonb not null,
  actor text not null,
  created_at timestamptz not null,
  primary key (journey_id, number)
);
create index journey_versions_by_trigger on journey_versions (trigger_name);

-- Trigger events that began no run.
create table journey_refusals (
  journey_id uuid not null references journeys (id),
  trigger_event_id uuid not null references trigger_events (id),
  reason text not null check (reason in ('condition-not-met')),
  refused_at timestamptz not null,
  primary key (journey_id, trigger_event_id)
);

create table journey_runs (
  id uuid primary key,
  journey_id uuid not null,
  -- A run keeps the version that it began with.
  journey_version integer not null,
  trigger_event_id uuid not null references trigger_events (id),
  contact_id uuid,
  test boolean not null,
  status text not null check (status in ('in-progress', 'done', 'exited')),
  reason text,
  -- The interpreter's state.
  state jsonb not null,
  due_at timestamptz,
  -- What it was last moved by, for the cause of what it does next.
  caused_by bigint,
  depth integer not null,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  finished_at timestamptz,
  foreign key (journey_id, journey_version) references journey_versions (journey_id, number),
  constraint journey_runs_one_per_event unique (journey_id, trigger_event_id),
  constraint journey_runs_finished check ((status = 'in-progress') = (finished_at is null))
);
create index journey_runs_due on journey_runs (due_at) where status = 'in-progress' and due_at is not null;
create index journey_runs_by_journey on journey_runs (journey_id, id);

create table journey_run_steps (
  run_id uuid not null references journey_runs (id),
  step_id text not null,
  -- In the order of entering.
  position bigint generated always as identity,
  entered_at timestamptz not null,
  left_at timestamptz,
  outcome text,
  primary key (run_id, step_id)
);

-- What a run in progress listens for: its step's trigger, and those that end it.
create table journey_waits (
  run_id uuid not null references journey_runs (id),
  position integer not null,
  trigger_name text not null,
  -- One value of the correlation, to find it by; the whole is compared then.
  correlation_value text not null,
  correlation jsonb not null,
  primary key (run_id, position)
);
create index journey_waits_by_trigger on journey_waits (trigger_name, correlation_value);
