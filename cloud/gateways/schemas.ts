import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

const devicesMax = 100_000;

/** What people keep of a gateway. What is left out of an edit stays as it is. */
const particulars = {
  /** Whose machines it serves; a device that comes by itself becomes theirs. */
  accountId: Type.Optional(Nullable(Uuid)),
  /** Where it stands: a site of that account. */
  siteId: Type.Optional(Nullable(Uuid)),
  /** So many devices may come into the registry by themselves through it; 100 where it is left out. */
  justInTimeDevicesMax: Type.Optional(Type.Integer({ minimum: 0, maximum: devicesMax })),
};

export const GatewayInput = Type.Object(
  {
    id: Slug,
    name: PersonReadableName,
    ...particulars,
    /** `key`: it is shown once, and is carried to the gateway. `code`: one is shown, and is typed there, once. */
    credential: Type.Optional(Type.Enum(['key', 'code'])),
  },
  strict,
);
export type GatewayInput = Static<typeof GatewayInput>;
export const GatewayEdit = Type.Object({ name: PersonReadableName, ...particulars }, strict);
export type GatewayEdit = Static<typeof GatewayEdit>;

const CertificateSha256 = Type.String({
  pattern: '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$',
  description: 'SHA-256 of the certificate in DER, as `openssl x509 -fingerprint -sha256` shows it.',
});
/** While a certificate is exchanged for another, both are good. */
export const CertificateBinding = Type.Object(
  {
    certificateSha256: CertificateSha256,
    nextCertificateSha256: Type.Optional(Nullable(CertificateSha256)),
  },
  strict,
);
export type CertificateBinding = Static<typeof CertificateBinding>;

const summary = {
  id: Type.String(),
  name: Type.String(),
  connected: Type.Boolean(),
  lastSeenAt: Nullable(Time),
  /** Where devices reach its MQTT broker; null where it has none, or has not said so yet. */
  mqtt: Nullable(
    Type.Object({ host: Type.String(), port: Nullable(Type.Integer()), tlsPort: Nullable(Type.Integer()) }),
  ),
  accountId: Nullable(Uuid),
  siteId: Nullable(Uuid),
  justInTimeDevicesMax: Type.Integer(),
  /** Null: no key was ever given out. */
  keyIssuedAt: Nullable(Time),
  /** Null: the present key was not used yet. */
  keyUsedAt: Nullable(Time),
  /** Until when the former key is good, unless the present one is used sooner; null: there is none. */
  formerKeyUntil: Nullable(Time),
  keyRevokedAt: Nullable(Time),
  /** The client certificate that it must show: 64 hexadecimal digits; null: none. */
  certificateSha256: Nullable(Type.String()),
  /** Another one that is good as well, while the one is exchanged for the other. */
  nextCertificateSha256: Nullable(Type.String()),
  /** Null: there is no code that could be used. */
  enrolmentCodeExpiresAt: Nullable(Time),
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

/** The key or the code is shown this once; only its SHA-256 is kept. */
export const EnrolledGateway = Type.Object({
  ...summary,
  key: Type.Optional(Type.String()),
  enrolment: Type.Optional(Type.Object({ code: Type.String(), expiresAt: Time })),
});
export const IssuedKey = Type.Object({ id: Type.String(), key: Type.String() });

const weekSeconds = 604_800;
export const KeyQuery = Type.Object(
  {
    formerValidForSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: weekSeconds,
        description: 'The former key ends when the new one is used, and no later than this; 0: now.',
      }),
    ),
  },
  strict,
);
export const IssuedCodeInput = Type.Object(
  { expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: weekSeconds })) },
  strict,
);
export const IssuedCode = Type.Object({ id: Type.String(), code: Type.String(), expiresAt: Time });
export const EnrolmentInput = Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }, strict);
export const GatewayIdentity = Type.Object({ id: Type.String(), name: Type.String() });
export const EnrolmentOutcome = Type.Object({ ...GatewayIdentity.properties, key: Type.String() });

export const PendingQuery = Type.Object(pageQuery, strict);
export const PendingMessage = Type.Object({
  number: Type.Integer(),
  type: Type.String(),
  deviceId: Nullable(Type.String()),
  createdAt: Time,
});

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
