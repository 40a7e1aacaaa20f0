import { Severity, Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const NoticeRuleInput = Type.Object(
  {
    name: PersonReadableName,
    /** Alerts of this category alone; null: of all, and of gateways, too. */
    categoryId: Type.Optional(Nullable(Slug)),
    /** Of this rule of the category alone. */
    rule: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 63 }))),
    /** Of this account and those below it alone. */
    accountId: Type.Optional(Nullable(Uuid)),
    /** Of this severity or worse. */
    severityMin: Type.Optional(Severity),
    /** Who is told: a contact of a customer, or one of our users (by email). */
    contactId: Type.Optional(Nullable(Uuid)),
    userId: Type.Optional(Nullable(Uuid)),
    channel: Type.Enum(['sms', 'email']),
    /** So long an alert must last before it is told. */
    waitSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
    enabled: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type NoticeRuleInput = Static<typeof NoticeRuleInput>;

export const NoticeRule = Type.Object({
  id: Uuid,
  name: Type.String(),
  categoryId: Nullable(Type.String()),
  rule: Nullable(Type.String()),
  accountId: Nullable(Uuid),
  severityMin: Severity,
  contactId: Nullable(Uuid),
  userId: Nullable(Uuid),
  personName: Type.String(),
  channel: Type.Enum(['sms', 'email']),
  waitSeconds: Type.Integer(),
  enabled: Type.Boolean(),
  ...recordStamp,
});
export type NoticeRule = Static<typeof NoticeRule>;

export const NoticeRules = Type.Object({ items: Type.Array(NoticeRule) });
export const ById = Type.Object({ id: Uuid });

export const Notice = Type.Object({
  id: Uuid,
  ruleId: Uuid,
  ruleName: Type.String(),
  personName: Type.String(),
  channel: Type.Enum(['sms', 'email']),
  alertId: Nullable(Uuid),
  incidentId: Nullable(Uuid),
  /** That the incident is over, with its final count. */
  ofEnd: Type.Boolean(),
  state: Type.Enum(['waiting', 'told', 'dropped']),
  /** Why nobody needed to be told. */
  reason: Nullable(Type.String()),
  messageId: Nullable(Uuid),
  dueAt: Time,
  decidedAt: Nullable(Time),
});
export type Notice = Static<typeof Notice>;
export const Notices = Type.Object({ items: Type.Array(Notice) });
export const NoticesQuery = Type.Object(
  { alertId: Type.Optional(Uuid), incidentId: Type.Optional(Uuid) },
  strict,
);
