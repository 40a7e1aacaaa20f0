import { ParameterValues, Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { CasePriority } from '../cases/index.ts';
import { Nullable, Page, pageQuery, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const EscalationState = Type.Enum([
  'open',
  'remedying',
  'verifying',
  'remedied',
  'unremedied',
  'case-opened',
  'work-order-opened',
]);

export const Escalation = Type.Object({
  id: Uuid,
  deviceId: Slug,
  errorCode: Nullable(Type.Integer()),
  state: EscalationState,
  reason: Nullable(Type.String()),
  attempts: Type.Integer(),
  commandId: Nullable(Uuid),
  caseId: Nullable(Uuid),
  workOrderId: Nullable(Uuid),
  /** The name of the rule of the policy that covers the fault. */
  rule: Nullable(Type.String()),
  /** What is tried now or was last, or comes next. */
  command: Nullable(Type.String()),
  wantedPriority: Nullable(CasePriority),
  /** When it is looked at again though nothing happened. */
  dueAt: Nullable(Time),
  closedAt: Nullable(Time),
  alertIds: Type.Array(Uuid),
  steps: Type.Array(Type.Object({ at: Time, step: Type.String(), reason: Nullable(Type.String()) })),
  ...recordStamp,
});
export type Escalation = Static<typeof Escalation>;

export const ById = Type.Object({ id: Uuid });
export const EscalationsQuery = Type.Object(
  {
    ...pageQuery,
    deviceId: Type.Optional(Slug),
    alertId: Type.Optional(Uuid),
    state: Type.Optional(EscalationState),
  },
  strict,
);
export const EscalationPage = Page(Escalation);
export const EscalateByHand = Type.Object({ priority: Type.Optional(CasePriority) }, strict);

export const RemedyByHand = Type.Object(
  {
    /** A command of the device's category, or `reboot`. */
    command: Slug,
    parameters: Type.Optional(ParameterValues),
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400, default: 120 })),
  },
  strict,
);
