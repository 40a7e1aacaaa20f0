-- Gateways: whose they are and where, how they were let in, and two keys for the while between the old and the new.
alter table gateways
  -- Null: no key was ever given out.
  alter column key_issued_at drop not null,
  -- When the present key was first used; from then on the former one opens nothing.
  add column key_used_at timestamptz,
  -- SHA-256 of the key before, and until when it opens the doors at the longest.
  add column former_key_sha256 text unique,
  add column former_key_until timestamptz,
  -- SHA-256 of the code that is typed at the gateway, once.
  add column enrolment_code_sha256 text unique,
  add column enrolment_code_expires_at timestamptz,
  add column account_id uuid constraint gateways_account references accounts (id),
  add column site_id uuid constraint gateways_site references sites (id),
  -- So many devices may come into the registry by themselves through it.
  add column just_in_time_devices_max integer not null default 100
    check (just_in_time_devices_max between 0 and 100000);
update gateways set key_used_at = key_issued_at where key_sha256 is not null;
create index gateways_by_site on gateways (site_id) where site_id is not null;
