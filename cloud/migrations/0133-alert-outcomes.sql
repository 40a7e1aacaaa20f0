-- How alerts ended, in few words, for what may be done about the next of their kind.
create table alert_outcomes (
  alert_id uuid primary key references alerts (id) on delete cascade,
  category_id text not null,
  rule text not null,
  state text not null,
  error_code integer,
  -- The remedy that was tried, and whether it helped.
  command text,
  command_helped boolean,
  -- Of the case that it became.
  priority text,
  lasted_seconds double precision,
  ended_at timestamptz
);
create index alert_outcomes_of_kind on alert_outcomes (category_id, rule, state, ended_at desc)
  where ended_at is not null;
