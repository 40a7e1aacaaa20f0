-- Very many alerts with one cause. Its members are the alerts that name it; they are counted, and no count is kept.
create table incidents (
  id uuid primary key,
  cause_key text not null,
  cause jsonb not null,
  severity text not null,
  state text not null check (state in ('gathering', 'settled', 'over', 'closed')),
  opened_at timestamptz not null,
  -- Alerts of the cause since then are members, too.
  gathers_since timestamptz not null,
  first_alert_id uuid not null,
  settled_at timestamptz,
  over_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  closed_at timestamptz,
  closed_by text,
  close_reason text,
  -- Closing it let those of its members go that last.
  released boolean not null default false,
  updated_at timestamptz not null,
  version integer not null default 1
);
create unique index incidents_one_gathering on incidents (cause_key) where state = 'gathering';
create index incidents_open on incidents (opened_at) where state in ('gathering', 'settled');
create index incidents_by_time on incidents (opened_at desc, id desc);
