import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable } from '../platform/index.ts';

export const pointsMax = 1000;
const Longitude = Type.Number({ minimum: -180, maximum: 180 });
const Latitude = Type.Number({ minimum: -90, maximum: 90 });

export const MapQuery = Type.Object(
  {
    /** The part of the world that is shown, in degrees; the whole where it is left out. */
    west: Type.Optional(Longitude),
    south: Type.Optional(Latitude),
    east: Type.Optional(Longitude),
    north: Type.Optional(Latitude),
    /** What lies within so many degrees of each other becomes one point. */
    grainDegrees: Type.Optional(Type.Number({ minimum: 0.0001, maximum: 90 })),
    accountId: Type.Optional(Uuid),
  },
  { additionalProperties: false },
);
export type MapQuery = Static<typeof MapQuery>;

export const MapPoint = Type.Object({
  /** The middle of what it stands for. */
  latitude: Type.Number(),
  longitude: Type.Number(),
  /** How many different places it stands for. */
  places: Type.Integer(),
  devices: Type.Integer(),
  connected: Type.Integer(),
  openAlerts: Type.Integer(),
  /** Of their open alerts; null: there is none. */
  worstSeverity: Nullable(Type.Enum(['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE'])),
  /** The site, where all of them are at one. */
  siteId: Nullable(Uuid),
  siteName: Nullable(Type.String()),
  /** The device, where it is one. */
  deviceId: Nullable(Type.String()),
  deviceName: Nullable(Type.String()),
  /** The customer, where it is one. */
  accountName: Nullable(Type.String()),
});
export type MapPoint = Static<typeof MapPoint>;

export const MapView = Type.Object({
  /** The worst first, then those of the most devices. */
  points: Type.Array(MapPoint, { maxItems: pointsMax }),
  /** There are more points than are given. */
  more: Type.Boolean(),
  /** Devices in service of which nobody knows where they are. */
  withoutPlace: Type.Integer(),
});
export type MapView = Static<typeof MapView>;
