-- What a contact point agreed to. No row: the default of the purpose.
create table consents (
  id uuid primary key,
  -- Normalised: E.164 for text messages, lower case for email.
  contact_point text not null,
  channel text not null check (channel in ('sms', 'email')),
  purpose text not null check (purpose in ('transactional', 'commercial')),
  -- '' is the purpose as a whole.
  topic text not null,
  state text not null check (state in ('opted-in', 'opted-out')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint consents_one_per_subject unique (contact_point, channel, purpose, topic)
);

create table consent_changes (
  id bigint generated always as identity primary key,
  consent_id uuid not null references consents (id),
  from_state text,
  to_state text not null,
  -- Who changed it, and by what: 'console' or API, or the word that was sent.
  actor text not null,
  source text not null,
  changed_at timestamptz not null
);
create index consent_changes_by_consent on consent_changes (consent_id, id);
