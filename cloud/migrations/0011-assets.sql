create table assets (
  id uuid primary key,
  account_id uuid not null constraint assets_account references accounts (id),
  name text not null,
  -- The number on the customer's own label.
  asset_number text,
  product text,
  serial_number text,
  -- A device category by its slug; what it means is known to devices.
  category_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create index assets_by_account on assets (account_id, id);
create unique index assets_asset_number on assets (account_id, asset_number);
create unique index assets_serial_number on assets (product, serial_number);
