-- Who sees to an alert, and what people say of it.
alter table alerts add column assigned_to uuid references users (id);
create index alerts_by_assignee on alerts (assigned_to, raised_at desc, id desc) where assigned_to is not null;

create table alert_comments (
  id uuid primary key,
  alert_id uuid not null references alerts (id) on delete cascade,
  text text not null,
  actor text not null,
  created_at timestamptz not null
);
create index alert_comments_by_alert on alert_comments (alert_id, created_at, id);
