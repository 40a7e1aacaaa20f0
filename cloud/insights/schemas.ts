import { type Static, Type } from 'typebox';
import { Nullable, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const RemoteFixesQuery = Type.Object(
  {
    /** By the device's time of the alert; included. 30 days before `to` where it is left out. */
    from: Type.Optional(Time),
    /** Not included; now where it is left out. */
    to: Type.Optional(Time),
    groupBy: Type.Optional(Type.Enum(['kind', 'command', 'day'], { default: 'kind' })),
    categoryId: Type.Optional(Type.String({ maxLength: 63 })),
  },
  strict,
);
export type RemoteFixesQuery = Static<typeof RemoteFixesQuery>;

/** How alerts ended; each is counted once, and `alerts` is the sum of the seven. */
const Outcomes = {
  alerts: Type.Integer(),
  /** A remedy was tried, and the alert stayed cleared after it. */
  fixedRemotely: Type.Integer(),
  /** The same by another command than that of the row, where it is grouped by command. */
  fixedOtherwise: Type.Integer(),
  /** A case or a work order was needed. */
  toPeople: Type.Integer(),
  /** Given up, and the policy called nobody. */
  givenUp: Type.Integer(),
  /** A remedy, its verification, or a wait is under way. */
  underWay: Type.Integer(),
  /** Cleared, and nothing was tried. */
  byThemselves: Type.Integer(),
  /** Still there, and nothing was tried. */
  untouched: Type.Integer(),
};
const Shares = {
  /** Alerts of whose faults a remedy was tried at least once. */
  tried: Type.Integer(),
  /** fixedRemotely of alerts; null where there are none. */
  shareOfAlerts: Nullable(Type.Number()),
  /** fixedRemotely of tried; null where nothing was tried. */
  shareOfTried: Nullable(Type.Number()),
};

export const RemoteFixes = Type.Object({
  from: Time,
  to: Time,
  groupBy: Type.String(),
  total: Type.Object({ ...Outcomes, ...Shares }),
  /** Most alerts first. By command: the alerts that the command was tried for, and those that it fixed itself. */
  items: Type.Array(
    Type.Object({
      categoryId: Nullable(Type.String()),
      rule: Nullable(Type.String()),
      errorCode: Nullable(Type.Integer()),
      command: Nullable(Type.String()),
      /** UTC, `2026-03-02`. */
      day: Nullable(Type.String()),
      /** Commands that were sent as remedies; only where it is grouped by command. */
      sent: Nullable(Type.Integer()),
      ...Outcomes,
      ...Shares,
    }),
  ),
});
export type RemoteFixes = Static<typeof RemoteFixes>;
export type RemoteFixItem = RemoteFixes['items'][number];
