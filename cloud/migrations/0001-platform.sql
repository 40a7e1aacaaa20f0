-- The event log. A row is written in the transaction of the change that it tells of.
create table events (
  id bigint generated always as identity primary key,
  -- Ids become visible out of order; a reader never passes the oldest transaction that still runs.
  transaction_id xid8 not null default pg_current_xact_id(),
  type text not null,
  -- Events of one key are handled in order; usually the id of the record that changed.
  key text not null,
  payload jsonb not null,
  -- Who did it: 'user:<id>', 'api-key:<id>', 'gateway:<id>', or 'system:<capability>'.
  actor text not null,
  -- The event that this one follows from.
  caused_by bigint,
  occurred_at timestamptz not null
);
create index events_by_position on events (transaction_id, id);
create index events_by_key on events (key, id);

create table event_cursors (
  subscriber text primary key,
  transaction_id xid8 not null,
  event_id bigint not null
);

-- Events that a subscriber could not handle after all its tries; people look at these.
create table event_failures (
  subscriber text not null,
  event_id bigint not null references events (id),
  attempts integer not null,
  error text not null,
  failed_at timestamptz not null,
  primary key (subscriber, event_id)
);
