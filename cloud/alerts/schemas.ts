import {
  AlertChild,
  AlertRecording,
  AlertTransitionKind,
  ConditionState,
  Quality,
  Severity,
  SignalValue,
  Slug,
  Uuid,
} from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, Page, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { HoldKind } from './hold.ts';
import { AlertProgress, AlertStatus } from './status.ts';

const strict = { additionalProperties: false };

export const ById = Type.Object({ id: Uuid });

/** An alert of a device. */
export const Alert = Type.Object({
  id: Uuid,
  source: Type.Enum(['device', 'gateway']),
  deviceId: Slug,
  /** Of a gateway's alert: the gateway's name. */
  deviceName: Type.String(),
  gatewayId: Slug,
  accountId: Uuid,
  assetId: Uuid,
  categoryId: Type.String(),
  siteId: Nullable(Uuid),
  rule: Type.String(),
  ruleVersion: Type.Integer(),
  signal: Type.String(),
  severity: Severity,
  state: ConditionState,
  peakSeverity: Severity,
  peakState: ConditionState,
  condition: Type.Enum(['active', 'cleared']),
  response: Type.Enum(['unacknowledged', 'acknowledged']),
  status: AlertStatus,
  statusReason: Nullable(Type.String()),
  /** How far the work is; with in-progress alone. */
  progress: Nullable(AlertProgress),
  errorCode: Nullable(Type.Integer()),
  value: SignalValue,
  setpoint: Nullable(Type.Number()),
  unit: Nullable(Type.String()),
  quality: Quality,
  reason: Type.String(),
  bootId: Nullable(Type.String()),
  raisedAt: Time,
  clearedAt: Nullable(Time),
  gatewayReceivedAt: Time,
  historical: Type.Boolean(),
  /** Told long after it happened: it may be of a past that is over. */
  late: Type.Boolean(),
  parentAlertId: Nullable(Uuid),
  /** Why nobody is told at present; of one that is over: why nobody ever was. */
  hold: Nullable(Type.Object({ kind: HoldKind, id: Uuid, until: Nullable(Time) })),
  /** When it was first told; null: never. */
  announcedAt: Nullable(Time),
  incidentId: Nullable(Uuid),
  acknowledgedAt: Nullable(Time),
  acknowledgedBy: Nullable(Type.String()),
  caseId: Nullable(Uuid),
  /** The user who sees to it. */
  assignedTo: Nullable(Uuid),
  transitionCount: Type.Integer(),
  ...recordStamp,
});
export type Alert = Static<typeof Alert>;

/** An alert as it is listed: of a device, or of a gateway, which has no device, customer or category. */
export const AnyAlert = Type.Object({
  ...Alert.properties,
  deviceId: Nullable(Slug),
  accountId: Nullable(Uuid),
  assetId: Nullable(Uuid),
  categoryId: Nullable(Type.String()),
});
export type AnyAlert = Static<typeof AnyAlert>;

export const Transition = Type.Object({
  number: Type.Integer(),
  transition: AlertTransitionKind,
  ruleVersion: Type.Integer(),
  state: ConditionState,
  severity: Severity,
  errorCode: Nullable(Type.Integer()),
  value: SignalValue,
  setpoint: Nullable(Type.Number()),
  unit: Nullable(Type.String()),
  quality: Quality,
  reason: Type.String(),
  bootId: Nullable(Type.String()),
  historical: Type.Boolean(),
  sourceTime: Time,
  gatewayTime: Time,
  receivedAt: Time,
  /** What it was decided by. */
  evidence: Type.Object({
    inputs: Type.Array(
      Type.Object({ name: Type.String(), value: SignalValue, quality: Quality, sourceTime: Time }),
    ),
    delayMilliseconds: Nullable(Type.Number()),
    lastedMilliseconds: Nullable(Type.Number()),
  }),
  /** The alerts that it stands for, as far as they are named. */
  children: Type.Array(AlertChild),
  childCount: Type.Integer(),
});
export type Transition = Static<typeof Transition>;

export const AlertWithTransitions = Type.Object({ ...Alert.properties, transitions: Type.Array(Transition) });
export type AlertWithTransitions = Static<typeof AlertWithTransitions>;

/** One alert with all that belongs to it. */
export const WholeAlert = Type.Object({
  ...AnyAlert.properties,
  transitions: Type.Array(Transition),
  /** Of a primary alert. */
  children: Type.Object({ count: Type.Integer(), active: Type.Integer() }),
  /** Alerts that this one holds back (a gateway's outage, a group), and those that were over before they were told. */
  holding: Type.Object({ held: Type.Integer(), voided: Type.Integer() }),
  shelf: Nullable(
    Type.Object({
      kind: Type.Enum(['timed', 'one-shot']),
      until: Time,
      by: Type.String(),
      at: Time,
      reason: Type.String(),
    }),
  ),
});
export type WholeAlert = Static<typeof WholeAlert>;

export const ShelvingEdit = Type.Object(
  {
    kind: Type.Enum(['timed', 'one-shot']),
    /** A timed shelf must say it; a one-shot shelf may. */
    until: Type.Optional(Time),
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
  },
  strict,
);

/** What lies on a shelf of the cloud. */
export const Shelf = Type.Object({
  id: Uuid,
  alertId: Uuid,
  source: Type.Enum(['device', 'gateway']),
  subjectId: Type.String(),
  subjectName: Type.String(),
  rule: Type.String(),
  kind: Type.Enum(['timed', 'one-shot']),
  at: Time,
  by: Type.String(),
  reason: Type.String(),
  until: Time,
});
export type Shelf = Static<typeof Shelf>;
export const ShelfPage = Page(Shelf);
export const ShelvesQuery = Type.Object({ ...pageQuery }, strict);

export const Recording = Type.Object({
  part: Type.Enum(['before', 'after']),
  from: Time,
  to: Time,
  /** Not all values fitted. */
  truncated: Type.Boolean(),
  /** Not all frames fitted: the oldest are missing. */
  framesTruncated: Type.Boolean(),
  /** Why it ends early: the gateway was restarted meanwhile, or had too much to record. */
  reason: Type.Optional(Type.String()),
  signals: AlertRecording.properties.signals,
  frames: Type.Array(
    Type.Object({
      at: Time,
      direction: Type.Enum(['received', 'sent']),
      /** The first 512 bytes. */
      hexadecimal: Type.String(),
      /** How many bytes it had, where there were more. */
      lengthBytes: Type.Optional(Type.Integer()),
    }),
  ),
});
export type Recording = Static<typeof Recording>;
/** What the device sent around the time of the alert; empty where the gateway kept nothing. */
export const Recordings = Type.Object({ parts: Type.Array(Recording) });

export const Shelving = Type.Object({
  deviceId: Slug,
  rule: Type.String(),
  ruleVersion: Type.Integer(),
  shelved: Type.Boolean(),
  kind: Type.Enum(['timed', 'one-shot', 'chatter']),
  at: Time,
  until: Time,
  by: Type.String(),
  reason: Type.String(),
});
export type Shelving = Static<typeof Shelving>;
export const ShelvingsQuery = Type.Object({ deviceId: Type.Optional(Slug) }, strict);
export const Shelvings = Type.Object({ items: Type.Array(Shelving) });

export const AlertsQuery = Type.Object(
  {
    ...pageQuery,
    deviceId: Type.Optional(Slug),
    accountId: Type.Optional(Uuid),
    caseId: Type.Optional(Uuid),
    rule: Type.Optional(Type.String({ maxLength: 63 })),
    signal: Type.Optional(Type.String({ maxLength: 100 })),
    state: Type.Optional(Type.Enum(['open', 'cleared'])),
    status: Type.Optional(AlertStatus),
    severity: Type.Optional(Severity),
    errorCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    parentAlertId: Type.Optional(Uuid),
    incidentId: Type.Optional(Uuid),
    gatewayId: Type.Optional(Slug),
    source: Type.Optional(Type.Enum(['device', 'gateway'])),
    /** True: those of which nobody is told at present; false: the others. */
    held: Type.Optional(Type.Boolean()),
    /** Held in this way. */
    hold: Type.Optional(HoldKind),
    /** The shelf, window, incident or alert that holds them. */
    holdId: Type.Optional(Uuid),
    assignedTo: Type.Optional(Uuid),
    /** True: those that are nobody's children; false: children alone. */
    primary: Type.Optional(Type.Boolean()),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  },
  strict,
);
export type AlertsQuery = Static<typeof AlertsQuery>;

export const AlertPage = Page(AnyAlert);

export const AlertSummary = Type.Object({
  open: Type.Integer(),
  unacknowledged: Type.Integer(),
  /** Of the open ones, those of which nobody is told at present. */
  held: Type.Integer(),
  bySeverity: Type.Record(Severity, Type.Integer()),
});

export const AssigneesQuery = Type.Object({ alertId: Type.Optional(Uuid) }, strict);
/** Those whose role may work on alerts. */
export const Assignees = Type.Object({
  items: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
  /** Who sees to the alert that was asked about, where their role no longer lets them or they may not sign in. */
  former: Nullable(Type.Object({ id: Uuid, name: Type.String() })),
});
export const Assignment = Type.Object({ userId: Nullable(Uuid) }, strict);
export const Comment = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S' }) },
  strict,
);
export const Comments = Type.Object({
  items: Type.Array(Type.Object({ id: Uuid, text: Type.String(), actor: Type.String(), createdAt: Time })),
});

export const StatusChange = Type.Object(
  { status: AlertStatus, reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) },
  strict,
);
