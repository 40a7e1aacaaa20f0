-- What was looked at when a job was submitted is what it sends: by category, the command's definition and the whole
-- parameters. Of jobs that are under way: as their categories say now.
alter table jobs add column checked jsonb;
update jobs set checked = (
  select jsonb_object_agg(categories.id, jsonb_build_object(
    'definition',
    coalesce(
      (select known.definition || case when jobs.command = 'reboot' then '{"destructive": true}'::jsonb else '{}'::jsonb end
        from jsonb_array_elements(categories.commands) as known (definition)
        where known.definition ->> 'name' = jobs.command limit 1),
      case when jobs.command = 'reboot' then
        '{"name": "reboot", "title": "Reboot", "destructive": true, "idempotency": "once", "parameters": []}'::jsonb
      end),
    'parameters', jobs.parameters))
  from device_categories as categories
  where categories.id in (
    select devices.category_id from job_targets join devices on devices.id = job_targets.device_id
    where job_targets.job_id = jobs.id))
where state in ('awaiting-approval', 'running', 'paused');

-- Everybody who wrote the job or submitted it, programs and the people behind them.
alter table jobs add column written_by text[] not null default '{}';
update jobs set written_by = array_remove(array[created_by, created_by_person], null);
alter table jobs drop constraint jobs_two_persons;
alter table jobs add constraint jobs_two_persons check (
  approved_by is null or (approved_by <> created_by and approved_by is distinct from created_by_person
    and approved_by <> all (written_by)));
