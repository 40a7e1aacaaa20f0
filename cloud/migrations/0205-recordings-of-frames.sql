-- The gateway had room for some of the frames around an alert only.
alter table alert_recordings add column frames_truncated boolean not null default false;
