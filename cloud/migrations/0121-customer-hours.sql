-- When the machines of a customer may be touched from afar; a site's own hours go before those of its account.
create table customer_hours (
  id uuid primary key,
  account_id uuid constraint customer_hours_account references accounts (id),
  site_id uuid constraint customer_hours_site references sites (id),
  -- IANA time zone in which the hours are meant.
  time_zone text not null,
  -- [{days: [1, …] (1 is Monday), from: '22:00', until: '05:00'}]
  weekly jsonb not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint customer_hours_of_one check ((account_id is null) <> (site_id is null))
);
create unique index customer_hours_by_account on customer_hours (account_id) where account_id is not null;
create unique index customer_hours_by_site on customer_hours (site_id) where site_id is not null;
