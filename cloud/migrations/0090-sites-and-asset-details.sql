-- Where a customer's machines stand.
create table sites (
  id uuid primary key,
  account_id uuid not null constraint sites_account references accounts (id),
  name text not null,
  address text,
  -- WGS 84, in degrees.
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180),
  -- IANA time zone.
  time_zone text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint sites_place_is_a_pair check ((latitude is null) = (longitude is null))
);
create unique index sites_name on sites (account_id, name);

alter table assets
  add column site_id uuid constraint assets_site references sites (id),
  add column parent_id uuid constraint assets_parent references assets (id),
  add column manufactured_on date,
  add column warranty_until date,
  add constraint assets_not_own_parent check (parent_id is distinct from id);
create index assets_by_site on assets (site_id) where site_id is not null;
create index assets_by_parent on assets (parent_id) where parent_id is not null;
