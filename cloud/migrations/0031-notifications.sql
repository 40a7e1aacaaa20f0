create table messages (
  id uuid primary key,
  -- The step of a journey's run that wanted it; null where a person sent it.
  run_id uuid,
  step_id text,
  journey_id uuid,
  case_id uuid,
  contact_id uuid,
  contact_name text,
  channel text not null check (channel in ('sms', 'email')),
  purpose text not null check (purpose in ('transactional', 'commercial')),
  topic text,
  template text not null,
  language text not null,
  -- The contact point as it was when the message was made; null where the contact has none.
  recipient text,
  subject text,
  text text not null,
  html text,
  state text not null
    check (state in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'blocked', 'unknown')),
  reason text,
  test boolean not null,
  -- The event that it follows from.
  caused_by bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  sent_at timestamptz,
  delivered_at timestamptz,
  version integer not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- The process that is sending it. A lease that ran out belonged to a process that died.
  lease_owner uuid,
  lease_until timestamptz,
  constraint messages_waiting_have_a_time check ((state = 'queued') = (next_attempt_at is not null)),
  constraint messages_sending_have_a_lease check (
    (state = 'sending') = (lease_owner is not null and lease_until is not null))
);
-- One message per step, however often the step's effect is committed.
create unique index messages_one_per_step on messages (run_id, step_id) where run_id is not null;
create index messages_waiting on messages (next_attempt_at) where state = 'queued';
create index messages_leased on messages (lease_until) where state = 'sending';
create index messages_by_contact on messages (contact_id, id);
create index messages_by_case on messages (case_id, id);
create index messages_by_run on messages (run_id);
create index messages_by_recipient on messages (recipient, channel, created_at);

-- Each time that we touched the wire for a message; written before we did.
create table message_attempts (
  message_id uuid not null references messages (id),
  number integer not null,
  owner uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  -- Null while it lasts, and for as long as nobody found out.
  outcome text check (outcome in ('accepted', 'temporary', 'permanent', 'unknown')),
  detail text,
  primary key (message_id, number)
);

-- What the peer calls the parts of a message that it accepted.
create table message_parts (
  message_id uuid not null references messages (id),
  part integer not null,
  peer_message_id text not null,
  accepted_at timestamptz not null,
  outcome text check (outcome in ('delivered', 'undelivered')),
  primary key (message_id, part)
);
create index message_parts_by_peer_id on message_parts (peer_message_id, accepted_at);

-- What the peer told later. A receipt may overtake the answer that it belongs to: it is matched when that is known.
create table delivery_receipts (
  id bigint generated always as identity primary key,
  peer_message_id text not null,
  -- The same id as other peers would write it: the other of decimal and hexadecimal, without leading zeros.
  other_spellings text[] not null,
  message_id uuid references messages (id),
  outcome text not null check (outcome in ('delivered', 'undelivered', 'pending')),
  reason text not null,
  received_at timestamptz not null
);
create index delivery_receipts_unmatched on delivery_receipts (received_at) where message_id is null;
create index delivery_receipts_by_message on delivery_receipts (message_id);
