import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { DeviceCategory } from './category-schemas.ts';
import { RegistrationStatus } from './registration-status.ts';

const strict = { additionalProperties: false };

export const Registration = Type.Object(
  {
    /** Stands in MQTT topics; unique in the whole cloud, and kept for good. */
    deviceId: Slug,
    name: Type.Optional(PersonReadableName),
    categoryId: Slug,
    gatewayId: Slug,
    simulated: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type Registration = Static<typeof Registration>;

export const DeviceEdit = Type.Object({ name: PersonReadableName, categoryId: Slug }, strict);
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

export const DeviceWithCategory = Type.Object({
  ...Device.properties,
  category: Type.Pick(DeviceCategory, ['name', 'signals', 'rules', 'commands', 'escalationPolicy']),
});

/** The password is shown this once; only its SHA-256 is kept. */
const MqttCredentials = Type.Object({ username: Type.String(), password: Type.String() });
export const IssuedCredentials = MqttCredentials;
export const RegisteredDevice = Type.Object({ device: DeviceWithCategory, mqtt: MqttCredentials });

export const RegistrationStep = Type.Object({
  id: Type.Integer(),
  from: RegistrationStatus,
  to: RegistrationStatus,
  actor: Type.String(),
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
    registrationStatus: Type.Optional(RegistrationStatus),
  },
  strict,
);
export type DevicesQuery = Static<typeof DevicesQuery>;

export const DeviceById = Type.Object({ id: Slug });
export const AssetById = Type.Object({ id: Uuid });
export const HistoryQuery = Type.Object(pageQuery, strict);
