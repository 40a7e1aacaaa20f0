import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { channels, purposes } from '../consent/index.ts';
import { Nullable, pageQuery, Time } from '../platform/index.ts';
import { messageStates } from './message-state.ts';

export const MessagesQuery = Type.Object(
  {
    ...pageQuery,
    contactId: Type.Optional(Uuid),
    caseId: Type.Optional(Uuid),
    runId: Type.Optional(Uuid),
    state: Type.Optional(Type.Enum([...messageStates])),
    channel: Type.Optional(Type.Enum([...channels])),
  },
  { additionalProperties: false },
);
export type MessagesQuery = Static<typeof MessagesQuery>;

const Attempt = Type.Object({
  at: Time,
  finishedAt: Nullable(Time),
  outcome: Nullable(Type.Enum(['accepted', 'temporary', 'permanent', 'unknown'])),
  detail: Nullable(Type.String()),
});

export const Message = Type.Object({
  id: Uuid,
  channel: Type.Enum([...channels]),
  purpose: Type.Enum([...purposes]),
  topic: Nullable(Type.String()),
  template: Type.String(),
  language: Type.String(),
  to: Nullable(Type.String()),
  contactId: Nullable(Uuid),
  contactName: Nullable(Type.String()),
  subject: Nullable(Type.String()),
  text: Type.String(),
  html: Nullable(Type.String()),
  state: Type.Enum([...messageStates]),
  reason: Nullable(Type.String()),
  test: Type.Boolean(),
  createdAt: Time,
  updatedAt: Time,
  version: Type.Integer(),
  sentAt: Nullable(Time),
  deliveredAt: Nullable(Time),
  nextAttemptAt: Nullable(Time),
  runId: Nullable(Uuid),
  stepId: Nullable(Type.String()),
  journeyId: Nullable(Uuid),
  caseId: Nullable(Uuid),
  attempts: Type.Array(Attempt),
});
export type Message = Static<typeof Message>;

export const MessageDetail = Type.Object({
  ...Message.properties,
  receipts: Type.Array(
    Type.Object({
      at: Time,
      outcome: Type.Enum(['delivered', 'undelivered', 'pending']),
      reason: Type.String(),
    }),
  ),
});
export type MessageDetail = Static<typeof MessageDetail>;

export const ById = Type.Object({ id: Uuid });
