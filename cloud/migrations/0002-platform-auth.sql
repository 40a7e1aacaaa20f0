-- People who sign in.
create table users (
  id uuid primary key,
  -- Lower-case.
  email text not null unique check (email = lower(email)),
  name text not null,
  role text not null,
  language text not null default 'en',
  -- Argon2id, with its parameters and salt (PHC string).
  password_hash text not null,
  disabled_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);

-- A browser that is signed in. The token itself is in its cookie alone.
create table sessions (
  id uuid primary key,
  token_sha256 bytea not null unique,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_by_user on sessions (user_id);
create index sessions_by_expiry on sessions (expires_at);

-- Programs that call. The key itself was shown once.
create table api_keys (
  id uuid primary key,
  name text not null,
  key_sha256 bytea not null unique,
  role text not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

-- Sign-ins that failed, by account and by address: 'account:<email>', 'address:<ip>'.
create table sign_in_failures (
  subject text primary key,
  failures integer not null,
  last_failed_at timestamptz not null
);

-- Requests with an Idempotency-Key that had their effect: the row is committed together with it.
create table idempotency_keys (
  actor text not null,
  key_sha256 bytea not null,
  route text not null,
  body_sha256 bytea not null,
  -- What was answered; null until that is known.
  status integer,
  content_type text,
  -- Sealed with the key itself, which only the caller has: an answer may hold a secret that is shown once.
  sealed_answer bytea,
  created_at timestamptz not null,
  primary key (actor, key_sha256)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
