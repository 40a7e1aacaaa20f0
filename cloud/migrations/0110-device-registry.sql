-- Devices: where they are, what they are called by, what they are to be set to, and whether they are in service.
alter table devices drop constraint devices_registration_status_check;
alter table devices
  add constraint devices_registration_status_check
    check (registration_status in ('unknown', 'unregistered', 'in-progress', 'registered', 'error')),
  -- Out of service for a while: registered, and its gateway does not serve it.
  add column active boolean not null default true,
  add column tags text[] not null default '{}',
  -- IANA; null: that of the site.
  add column time_zone text,
  -- WGS 84, in degrees; null: where the site is.
  add column latitude double precision check (latitude between -90 and 90),
  add column longitude double precision check (longitude between -180 and 180),
  add constraint devices_place_is_a_pair check ((latitude is null) = (longitude is null)),
  add column desired jsonb not null default '{}',
  -- 1: nothing was ever wanted of it.
  add column desired_version integer not null default 1,
  add column desired_at timestamptz,
  add column desired_by text,
  add column reported jsonb not null default '{}',
  add column reported_version integer not null default 0,
  add column reported_at timestamptz;
alter table devices
  add column in_service boolean not null
    generated always as (active and registration_status <> 'unregistered') stored;

-- Lists go by id within whatever they are narrowed to.
create index devices_by_asset on devices (asset_id, id);
create index devices_by_tag on devices using gin (tags);
create index devices_by_status on devices (registration_status, id);
create index devices_by_connection on devices (connected, id);
drop index devices_by_gateway;
create index devices_by_gateway on devices (gateway_id, id);
drop index devices_by_category;
create index devices_by_category on devices (category_id, id);
create index devices_with_place on devices (latitude, longitude) where latitude is not null;

-- What was asked for, and what became of it.
alter table device_registration_history
  add column action text
    check (action in ('register', 'unregister', 'activate', 'deactivate')),
  add column result text check (result in ('in-progress', 'succeeded', 'failed'));
update device_registration_history set
  action = case when to_status = 'unregistered' then 'unregister' else 'register' end,
  result = case to_status when 'in-progress' then 'in-progress' when 'error' then 'failed' else 'succeeded' end;
alter table device_registration_history
  alter column action set not null,
  alter column result set not null;
