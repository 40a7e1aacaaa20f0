alter table commands
  -- The command that this one tries again, by hand.
  add column retry_of uuid constraint commands_retry_of references commands (id),
  -- The job over many devices that it belongs to.
  add column job_id uuid;
-- What is tried again is tried again once; the next retry is of that one.
create unique index commands_one_retry on commands (retry_of) where retry_of is not null;
-- A job sends one command to a device, whoever sends it and however often it is tried.
create unique index commands_one_for_job on commands (job_id, device_id) where job_id is not null and retry_of is null;
create index commands_by_time on commands (issued_at desc, id desc);
create index commands_unsuccessful on commands (issued_at desc, id desc)
  where state in ('FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED');
