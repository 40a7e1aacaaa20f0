import { Severity, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, Page, pageQuery, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const Incident = Type.Object({
  id: Uuid,
  /** What its alerts have in common. */
  cause: Type.Object({
    kind: Type.Enum(['rule', 'site', 'gateway']),
    categoryId: Nullable(Type.String()),
    rule: Nullable(Type.String()),
    errorCode: Nullable(Type.Integer()),
    siteId: Nullable(Uuid),
    gatewayId: Nullable(Type.String()),
  }),
  severity: Severity,
  state: Type.Enum(['gathering', 'settled', 'over', 'closed']),
  /** Counted from its members at this moment. */
  alertCount: Type.Integer(),
  activeCount: Type.Integer(),
  deviceCount: Type.Integer(),
  openedAt: Time,
  settledAt: Nullable(Time),
  overAt: Nullable(Time),
  firstAlertId: Uuid,
  acknowledgedAt: Nullable(Time),
  acknowledgedBy: Nullable(Type.String()),
  closedAt: Nullable(Time),
  closedBy: Nullable(Type.String()),
  closeReason: Nullable(Type.String()),
  updatedAt: Time,
  version: Type.Integer(),
});
export type Incident = Static<typeof Incident>;

export const IncidentPage = Page(Incident);
export const IncidentsQuery = Type.Object({ ...pageQuery, open: Type.Optional(Type.Boolean()) }, strict);
export const ById = Type.Object({ id: Uuid });
export const Closing = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    /** Alerts of it that last are told one by one from now on; else they stay quiet. */
    release: Type.Optional(Type.Boolean()),
  },
  strict,
);
