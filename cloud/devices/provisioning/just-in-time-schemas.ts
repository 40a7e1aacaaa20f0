import { Slug } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, Time } from '../../platform/index.ts';

const strict = { additionalProperties: false };
const discoveriesPerRequestMax = 200;

export const RefusalReason = Type.Enum([
  'registered-elsewhere',
  'waits-to-be-claimed',
  'unknown-category',
  'category-does-not-allow',
  'gateway-has-no-account',
  'limit-of-gateway',
]);
export type RefusalReason = Static<typeof RefusalReason>;

/** A device that a gateway serves. */
export const DiscoveryInput = Type.Object(
  {
    deviceId: Slug,
    categoryId: Slug,
    name: Type.Optional(PersonReadableName),
    /** By which it signs in at the gateway; it stays as it is. */
    mqttPasswordSha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  },
  strict,
);
export type DiscoveryInput = Static<typeof DiscoveryInput>;
export const DiscoveriesInput = Type.Object(
  { devices: Type.Array(DiscoveryInput, { minItems: 1, maxItems: discoveriesPerRequestMax }) },
  strict,
);
export const DiscoveryOutcome = Type.Object({
  deviceId: Type.String(),
  outcome: Type.Enum(['known', 'registered', 'refused']),
  reason: Nullable(RefusalReason),
});
export type DiscoveryOutcome = Static<typeof DiscoveryOutcome>;
export const DiscoveryOutcomes = Type.Object({ items: Type.Array(DiscoveryOutcome) });

export const Discovery = Type.Object({
  gatewayId: Type.String(),
  deviceId: Type.String(),
  categoryId: Type.String(),
  name: Nullable(Type.String()),
  outcome: Type.Enum(['registered', 'refused']),
  reason: Nullable(RefusalReason),
  firstAt: Time,
  lastAt: Time,
  count: Type.Integer(),
});
export type Discovery = Static<typeof Discovery>;
export const DiscoveriesQuery = Type.Object(
  {
    ...pageQuery,
    gatewayId: Type.Optional(Slug),
    outcome: Type.Optional(Type.Enum(['registered', 'refused'])),
  },
  strict,
);
