import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, Time } from '../../platform/index.ts';
import { DeviceWithCategory, Tag } from '../schemas.ts';

const strict = { additionalProperties: false };
export const claimsPerRequestMax = 1000;
const claimSecondsMax = 2 * 365 * 86_400;
const ExpiresInSeconds = Type.Optional(Type.Integer({ minimum: 60, maximum: claimSecondsMax }));

export const ClaimInput = Type.Object(
  {
    deviceId: Slug,
    name: Type.Optional(PersonReadableName),
    categoryId: Slug,
    simulated: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Tag, { maxItems: 32 })),
  },
  strict,
);
export type ClaimInput = Static<typeof ClaimInput>;
export const ClaimsInput = Type.Object(
  {
    devices: Type.Array(ClaimInput, { minItems: 1, maxItems: claimsPerRequestMax }),
    expiresInSeconds: ExpiresInSeconds,
  },
  strict,
);

/** The code and the password are shown this once. */
export const IssuedClaim = Type.Object({
  deviceId: Type.String(),
  code: Type.String(),
  expiresAt: Time,
  mqtt: Type.Object({ username: Type.String(), password: Type.String() }),
});
export type IssuedClaim = Static<typeof IssuedClaim>;
export const IssuedClaims = Type.Object({ items: Type.Array(IssuedClaim) });
export const RenewalInput = Type.Object({ expiresInSeconds: ExpiresInSeconds }, strict);
export const RenewedClaim = Type.Omit(IssuedClaim, ['mqtt']);

export const ClaimState = Type.Enum(['open', 'expired', 'claimed']);
export type ClaimState = Static<typeof ClaimState>;
export const Claim = Type.Object({
  deviceId: Type.String(),
  name: Nullable(Type.String()),
  categoryId: Type.String(),
  simulated: Type.Boolean(),
  tags: Type.Array(Type.String()),
  state: ClaimState,
  expiresAt: Time,
  createdAt: Time,
  createdBy: Type.String(),
  claimedAt: Nullable(Time),
  claimedBy: Nullable(Type.String()),
  assetId: Nullable(Uuid),
});
export type Claim = Static<typeof Claim>;
export const ClaimsQuery = Type.Object({ ...pageQuery, state: Type.Optional(ClaimState) }, strict);
export const ClaimById = Type.Object({ id: Slug });

export const Claiming = Type.Object(
  {
    /** As it stands on the device; small letters and gaps do not matter. */
    code: Type.String({ minLength: 1, maxLength: 64 }),
    assetId: Uuid,
    gatewayId: Slug,
    name: Type.Optional(PersonReadableName),
  },
  strict,
);
export type Claiming = Static<typeof Claiming>;
export const ClaimedDevice = Type.Object({ device: DeviceWithCategory });
