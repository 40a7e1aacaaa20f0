-- What the mail catcher and the SMS centre of the one-machine mode received. Only the newest are kept.
create table received_messages (
  id uuid primary key,
  channel text not null check (channel in ('sms', 'email')),
  sender text not null,
  recipient text not null,
  subject text,
  text text not null,
  html text,
  received_at timestamptz not null
);
