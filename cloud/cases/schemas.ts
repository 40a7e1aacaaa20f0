import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, Page, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { CaseStatus, CaseStatusReason } from './status.ts';

const strict = { additionalProperties: false };

export const CasePriority = Type.Enum(['critical', 'high', 'normal', 'low']);
export type CasePriority = Static<typeof CasePriority>;
export const CaseOrigin = Type.Enum(['iot', 'phone', 'email', 'web', 'chat', 'sms', 'social']);
export type CaseOrigin = Static<typeof CaseOrigin>;

/** Something that a person reads, with line breaks if need be. */
const WrittenText = Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S' });

export const ById = Type.Object({ id: Uuid });

/** The customer is filled in from whatever is given: account, contact, asset or device. */
export const NewCase = Type.Object(
  {
    title: PersonReadableName,
    description: Type.Optional(Nullable(WrittenText)),
    accountId: Type.Optional(Nullable(Uuid)),
    contactId: Type.Optional(Nullable(Uuid)),
    deviceId: Type.Optional(Nullable(Slug)),
    assetId: Type.Optional(Nullable(Uuid)),
    priority: Type.Optional(CasePriority),
    origin: Type.Optional(Type.Enum(['phone', 'email', 'web', 'chat', 'sms', 'social'])),
  },
  strict,
);
export type NewCase = Static<typeof NewCase>;

export const CaseEdit = Type.Object(
  {
    title: PersonReadableName,
    description: Type.Optional(Nullable(WrittenText)),
    priority: CasePriority,
    contactId: Type.Optional(Nullable(Uuid)),
  },
  strict,
);
export type CaseEdit = Static<typeof CaseEdit>;

export const Resolve = Type.Object(
  {
    resolution: WrittenText,
    statusReason: Type.Optional(Type.Enum(['problem-solved', 'information-provided'])),
  },
  strict,
);
export const StatusReasonChange = Type.Object(
  { statusReason: Type.Enum(['in-progress', 'on-hold', 'waiting-for-details', 'researching']) },
  strict,
);
export const Explanation = Type.Object({ reason: Type.Optional(WrittenText) }, strict);
export const Note = Type.Object({ text: WrittenText }, strict);

const summary = {
  id: Uuid,
  /** CAS-000001; it never changes. */
  number: Type.String(),
  title: Type.String(),
  status: CaseStatus,
  statusReason: CaseStatusReason,
  priority: CasePriority,
  origin: CaseOrigin,
  accountId: Uuid,
  accountName: Type.String(),
  contactId: Nullable(Uuid),
  contactName: Nullable(Type.String()),
  deviceId: Nullable(Type.String()),
  assetId: Nullable(Uuid),
  assetName: Nullable(Type.String()),
  productName: Nullable(Type.String()),
  serialNumber: Nullable(Type.String()),
  alertId: Nullable(Uuid),
  errorCode: Nullable(Type.Integer()),
  resolvedAt: Nullable(Time),
  ...recordStamp,
};
export const CaseSummary = Type.Object(summary);
export type CaseSummary = Static<typeof CaseSummary>;

export const TimelineEntry = Type.Object({
  at: Time,
  kind: Type.Enum(['created', 'status', 'note', 'alert', 'command', 'escalation', 'message', 'work-order']),
  title: Type.String(),
  detail: Nullable(Type.String()),
  actor: Nullable(Type.String()),
});
export type TimelineEntry = Static<typeof TimelineEntry>;

export const Case = Type.Object({
  ...summary,
  description: Nullable(Type.String()),
  evidence: Type.Unknown(),
  escalationId: Nullable(Uuid),
  resolution: Nullable(Type.String()),
  resolvedBy: Nullable(Type.String()),
  createdBy: Type.String(),
  publicUrl: Type.String(),
  timeline: Type.Array(TimelineEntry),
});
export type Case = Static<typeof Case>;

export const CasesQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    status: Type.Optional(CaseStatus),
    priority: Type.Optional(CasePriority),
    accountId: Type.Optional(Uuid),
    contactId: Type.Optional(Uuid),
    deviceId: Type.Optional(Slug),
    assetId: Type.Optional(Uuid),
    alertId: Type.Optional(Uuid),
    productName: Type.Optional(Type.String({ maxLength: 100 })),
    serialNumber: Type.Optional(Type.String({ maxLength: 100 })),
  },
  strict,
);
export type CasesQuery = Static<typeof CasesQuery>;
export const CasePage = Page(CaseSummary);
