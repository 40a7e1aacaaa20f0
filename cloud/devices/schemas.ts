import { DeviceProperties, Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { DeviceCategory } from './category-schemas.ts';
import { RegistrationAction, RegistrationResult, RegistrationStatus } from './registration-status.ts';

const strict = { additionalProperties: false };

/** A short word of people's own, by which devices are found: `hall 3`, `pilot`. */
export const Tag = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^,\\s](?:[^,]*[^,\\s])?$' });
const tagsMax = 32;

/** What people keep of a device. What is left out stays as it is; null: the device has none of its own. */
const particulars = {
  tags: Type.Optional(Type.Array(Tag, { maxItems: tagsMax })),
  /** IANA, such as America/Bogota; null: that of its site. */
  timeZone: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 64 }))),
  /** WGS 84, in degrees; both or none. Null: it is where its site is. */
  latitude: Type.Optional(Nullable(Type.Number({ minimum: -90, maximum: 90 }))),
  longitude: Type.Optional(Nullable(Type.Number({ minimum: -180, maximum: 180 }))),
  simulated: Type.Optional(Type.Boolean()),
};

export const Registration = Type.Object(
  {
    /** Stands in MQTT topics; unique in the whole cloud, and kept for good. */
    deviceId: Slug,
    name: Type.Optional(PersonReadableName),
    categoryId: Slug,
    gatewayId: Slug,
    ...particulars,
  },
  strict,
);
export type Registration = Static<typeof Registration>;

export const DeviceEdit = Type.Object({ name: PersonReadableName, categoryId: Slug, ...particulars }, strict);
export type DeviceEdit = Static<typeof DeviceEdit>;

export const Device = Type.Object({
  id: Type.String(),
  name: Type.String(),
  assetId: Uuid,
  assetName: Type.String(),
  product: Nullable(Type.String()),
  serialNumber: Nullable(Type.String()),
  accountId: Uuid,
  accountName: Type.String(),
  categoryId: Type.String(),
  categoryName: Type.String(),
  gatewayId: Type.String(),
  gatewayConnected: Type.Boolean(),
  registrationStatus: RegistrationStatus,
  /** False: out of service for a while; its gateway does not serve it. */
  active: Type.Boolean(),
  tags: Type.Array(Type.String()),
  /** Its own; null: that of its site. */
  timeZone: Nullable(Type.String()),
  connected: Type.Boolean(),
  lastActivityAt: Nullable(Time),
  firmware: Nullable(Type.String()),
  bootId: Nullable(Type.String()),
  lastBootAt: Nullable(Time),
  simulated: Type.Boolean(),
  passwordIssuedAt: Nullable(Time),
  ...recordStamp,
});
export type Device = Static<typeof Device>;

export const DeviceLocation = Type.Object({
  latitude: Type.Number(),
  longitude: Type.Number(),
  from: Type.Enum(['device', 'site']),
  siteId: Nullable(Uuid),
  siteName: Nullable(Type.String()),
  address: Nullable(Type.String()),
});
export type DeviceLocation = Static<typeof DeviceLocation>;

const AnyProperties = Type.Record(Type.String(), Type.Unknown());
/** What the device is to be set to beside what it says that it is set to. */
export const Properties = Type.Object({
  desired: Type.Object({
    properties: AnyProperties,
    /** Goes into If-Match; 1: nothing was ever wanted. */
    version: Type.Integer(),
    at: Nullable(Time),
    by: Nullable(Type.String()),
  }),
  reported: Type.Object({ properties: AnyProperties, version: Type.Integer(), at: Nullable(Time) }),
  /** Each wanted property of which the device says something else, or nothing. */
  differences: Type.Array(
    Type.Object({
      path: Type.String(),
      desired: Type.Unknown(),
      reported: Type.Unknown(),
      isReported: Type.Boolean(),
    }),
  ),
});
export type Properties = Static<typeof Properties>;
/** The whole of what is wanted: what is left out is wanted no longer. */
export const DesiredInput = Type.Object({ properties: DeviceProperties }, strict);

/**
 * `none`: never sent. `waiting`: its gateway has not got it. `taken`: it has, and has not said what became of it.
 * `running`; `refused`: the one before goes on.
 */
export const DefinitionState = Type.Enum(['none', 'waiting', 'taken', 'running', 'refused']);

/** Signals, rules and commands of a device: what is wanted, and what its gateway says that it runs. As JSON over many lines. */
export const DefinitionOnTrial = Type.Object({
  state: DefinitionState,
  wanted: Nullable(Type.String()),
  running: Nullable(Type.String()),
  runningSince: Nullable(Time),
  refusedAt: Nullable(Time),
  refusedReason: Nullable(Type.String()),
});
export type DefinitionOnTrial = Static<typeof DefinitionOnTrial>;

/** Devices of a gateway that do not run what is wanted: how many, and the first hundred. */
export const DevicesBehind = Type.Object({
  total: Type.Integer(),
  items: Type.Array(
    Type.Object({
      deviceId: Type.String(),
      name: Type.String(),
      state: DefinitionState,
      sentAt: Nullable(Time),
      /** Why the gateway refused it. */
      reason: Nullable(Type.String()),
    }),
  ),
});
export type DevicesBehind = Static<typeof DevicesBehind>;

export const DeviceWithCategory = Type.Object({
  ...Device.properties,
  category: Type.Pick(DeviceCategory, ['name', 'signals', 'rules', 'commands', 'escalationPolicy']),
  location: Nullable(DeviceLocation),
  /** The zone that holds for it: its own, or that of its site. */
  effectiveTimeZone: Nullable(Type.String()),
  properties: Properties,
  definition: Type.Object({
    /** Null: its gateway was never sent one. */
    sentAt: Nullable(Time),
    /** The gateway has journaled it. */
    taken: Type.Boolean(),
    state: DefinitionState,
  }),
});
export type DeviceWithCategory = Static<typeof DeviceWithCategory>;

/** The password is shown this once; only its SHA-256 is kept. */
const MqttCredentials = Type.Object({ username: Type.String(), password: Type.String() });
export const IssuedCredentials = MqttCredentials;
export const RegisteredDevice = Type.Object({ device: DeviceWithCategory, mqtt: MqttCredentials });

export const RegistrationStep = Type.Object({
  id: Type.Integer(),
  action: RegistrationAction,
  result: RegistrationResult,
  from: RegistrationStatus,
  to: RegistrationStatus,
  actor: Type.String(),
  /** The name of the person or the API key; null for what the cloud or a gateway did by itself. */
  actorName: Nullable(Type.String()),
  detail: Type.String(),
  at: Time,
});
export type RegistrationStep = Static<typeof RegistrationStep>;

export const DevicesQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    gatewayId: Type.Optional(Slug),
    categoryId: Type.Optional(Slug),
    accountId: Type.Optional(Uuid),
    assetId: Type.Optional(Uuid),
    connected: Type.Optional(Type.Boolean()),
    active: Type.Optional(Type.Boolean()),
    simulated: Type.Optional(Type.Boolean()),
    siteId: Type.Optional(Uuid),
    /** Devices that have all of these tags, with commas between them. */
    tags: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    registrationStatus: Type.Optional(RegistrationStatus),
  },
  strict,
);
export type DevicesQuery = Static<typeof DevicesQuery>;

export const DeviceById = Type.Object({ id: Slug });
export const AssetById = Type.Object({ id: Uuid });
export const HistoryQuery = Type.Object(pageQuery, strict);
