-- The event log. A row is written in the transaction of the change that it tells of.
create table events (
  id bigint generated always as identity primary key,
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
create index events_by_key on events (key, id);

-- The log is the audit trail too: what was written stays as it was.
create function refuse_change_of_events() returns trigger language plpgsql as $$
begin
  raise exception 'the event log is append-only' using errcode = 'restrict_violation';
end $$;
create trigger events_are_append_only before update or delete on events
  for each row execute function refuse_change_of_events();
create trigger events_are_not_truncated before truncate on events
  for each statement execute function refuse_change_of_events();

-- Ids of concurrent transactions become visible out of order, so they are no order to read by. What was committed
-- waits here until it is given its position by the one who holds the ordering lock.
create table events_to_order (
  event_id bigint primary key,
  type text not null
);

-- The log in the order in which it is read: a higher position is never visible before a lower one.
create table event_order (
  position bigint generated always as identity primary key,
  event_id bigint not null unique,
  type text not null
);

-- How far each subscriber has come, and what it looks for.
create table event_cursors (
  subscriber text primary key,
  types text[] not null,
  position bigint not null
);

-- Events that a subscriber could not handle after all its tries; people look at these.
create table event_failures (
  subscriber text not null,
  event_id bigint not null,
  attempts integer not null,
  error text not null,
  failed_at timestamptz not null,
  primary key (subscriber, event_id)
);
