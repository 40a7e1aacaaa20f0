create table accounts (
  id uuid primary key,
  name text not null,
  parent_id uuid references accounts (id),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1,
  constraint accounts_not_own_parent check (parent_id is distinct from id)
);
create index accounts_by_parent on accounts (parent_id);

create table contacts (
  id uuid primary key,
  account_id uuid not null constraint contacts_account references accounts (id),
  full_name text not null,
  email text,
  -- E.164, with the plus sign.
  phone text,
  language text not null,
  is_primary boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create index contacts_by_account on contacts (account_id, id);
create index contacts_by_email on contacts (lower(email));
create index contacts_by_phone on contacts (phone);
-- Who is told first about an account's devices; another contact that becomes primary takes its place.
create unique index contacts_one_primary on contacts (account_id) where is_primary;
