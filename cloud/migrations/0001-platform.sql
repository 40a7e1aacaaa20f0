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

-- The log is the audit trail too: what was written stays as it was.
create function refuse_change_of_events() returns trigger language plpgsql as $$
begin
  raise exception 'the event log is append-only' using errcode = 'restrict_violation';
end $$;
create trigger events_are_append_only before update or delete on events
  for each row execute function refuse_change_of_events();
create trigger events_are_not_truncated before truncate on events
  for each statement execute function refuse_change_of_events();

-- How far each subscriber has come, and what it looks for.
create table event_cursors (
  subscriber text primary key,
  types text[] not null,
  transaction_id xid8 not null,
  event_id bigint not null
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
