-- People who were invited, or who come by OpenID Connect, have no password.
alter table users
  alter column password_hash drop not null,
  add column last_signed_in_at timestamptz,
  -- Who vouches for them, and the name that it knows them by.
  add column openid_issuer text,
  add column openid_subject text,
  add constraint users_role_known
    check (role in ('administrator', 'service-manager', 'service-agent', 'technician', 'viewer')),
  add constraint users_openid_whole check (num_nonnulls(openid_issuer, openid_subject) in (0, 2)),
  add constraint users_openid_key unique (openid_issuer, openid_subject);

update users set last_signed_in_at = (
  select max(occurred_at) from events where events.key = users.id::text and events.type = 'user.signed-in'
);

-- Somebody can always sign in as administrator, whoever changes whom at the same time.
create function keep_an_administrator() returns trigger language plpgsql as $$
begin
  -- One at a time: of two who demote each other, the second sees here what the first did.
  perform pg_advisory_xact_lock(4201970);
  if not exists (
    select from users where role = 'administrator' and disabled_at is null
      and (password_hash is not null or openid_subject is not null)
  ) then
    raise exception 'no administrator would be left'
      using errcode = 'check_violation', constraint = 'users_keep_an_administrator';
  end if;
  return null;
end $$;
create trigger users_keep_an_administrator
  after delete or update of role, disabled_at, password_hash, openid_subject on users
  for each row when (old.role = 'administrator' and old.disabled_at is null)
  execute function keep_an_administrator();

-- A link that lets one person choose a password, once. The token itself is in the link alone.
create table sign_in_links (
  -- A new link takes the place of the one before.
  user_id uuid primary key references users (id) on delete cascade,
  token_sha256 bytea not null unique,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- What a person recognises a session by.
alter table sessions
  add column device text not null default '',
  add column address text not null default '',
  add column opened_by text not null default 'password'
    check (opened_by in ('password', 'link', 'openid-connect'));

-- A key may do what a role may, or what its scopes name; never more than the one whom it belongs to.
alter table api_keys
  alter column role drop not null,
  add column scopes text[],
  add column owner_id uuid references users (id) on delete cascade,
  -- A key that was made with another key ends with it.
  add column made_with uuid references api_keys (id) on delete cascade,
  add constraint api_keys_role_or_scopes check (num_nonnulls(role, scopes) = 1);
create index api_keys_by_origin on api_keys (made_with) where made_with is not null;

update api_keys set owner_id = users.id from users where created_by = 'user:' || users.id;
update api_keys set made_with = maker.id from api_keys maker where api_keys.created_by = 'api-key:' || maker.id;
with recursive owned as (
  select id, owner_id from api_keys where owner_id is not null
  union
  select api_keys.id, owned.owner_id from api_keys join owned on api_keys.made_with = owned.id
)
update api_keys set owner_id = owned.owner_id from owned where owned.id = api_keys.id;
