import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const GatewayInput = Type.Object({ id: Slug, name: PersonReadableName }, strict);
export type GatewayInput = Static<typeof GatewayInput>;
export const GatewayEdit = Type.Object({ name: PersonReadableName }, strict);

const summary = {
  id: Type.String(),
  name: Type.String(),
  connected: Type.Boolean(),
  lastSeenAt: Nullable(Time),
  /** Where devices reach its MQTT broker; null where it has none, or has not said so yet. */
  mqtt: Nullable(
    Type.Object({ host: Type.String(), port: Nullable(Type.Integer()), tlsPort: Nullable(Type.Integer()) }),
  ),
  keyIssuedAt: Time,
  keyRevokedAt: Nullable(Time),
  ...recordStamp,
};
export const GatewaySummary = Type.Object(summary);
export type GatewaySummary = Static<typeof GatewaySummary>;

export const Gateway = Type.Object({
  ...summary,
  /** The present epoch of each lane. */
  lanes: Type.Array(
    Type.Object({
      lane: Type.String(),
      epoch: Uuid,
      acked: Type.Integer(),
      beganAt: Time,
      lastBatchAt: Time,
    }),
  ),
  downlink: Type.Object({
    lastNumber: Type.Integer(),
    acknowledged: Type.Integer(),
    pending: Type.Integer(),
  }),
});
export type Gateway = Static<typeof Gateway>;

/** The key is shown this once; only its SHA-256 is kept. */
export const EnrolledGateway = Type.Object({ ...summary, key: Type.String() });
export const IssuedKey = Type.Object({ id: Type.String(), key: Type.String() });

export const GatewaysQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    connected: Type.Optional(Type.Boolean()),
  },
  strict,
);
export const GatewayById = Type.Object({ id: Slug });

export const GapsQuery = Type.Object({ ...pageQuery, deviceId: Type.Optional(Slug) }, strict);
export const RecordedGap = Type.Object({
  id: Type.Integer(),
  gatewayId: Type.String(),
  lane: Type.String(),
  deviceId: Nullable(Type.String()),
  reason: Type.String(),
  count: Type.Integer(),
  from: Time,
  to: Time,
  /** Null where it may be any signal. */
  signals: Nullable(Type.Array(Type.String())),
  receivedAt: Time,
});
export type RecordedGap = Static<typeof RecordedGap>;

export const CountedRejection = Type.Object({
  id: Type.Integer(),
  gatewayId: Type.String(),
  deviceId: Nullable(Type.String()),
  source: Type.String(),
  reason: Type.String(),
  day: Type.String({ format: 'date' }),
  count: Type.Integer(),
  firstAt: Time,
  lastAt: Time,
});
export type CountedRejection = Static<typeof CountedRejection>;
