import { type Static, Type } from 'typebox';
import { Command } from './command.ts';
import { ConfigurationCheck, ConfigurationConfirmation, ConfigurationPush } from './configuration-push.ts';
import { DefinitionVersion, DeviceDefinition } from './device.ts';
import { Slug, Uuid } from './primitives.ts';

/** No number of a downlink message is higher. */
export const downlinkNumberMax = 1_000_000_000_000_000;

/**
 * What the cloud tells a gateway, as server-sent events of `GET /v1/gateway/downlink`. The event's `id` is its
 * number, which rises within the gateway; a gateway that reconnects sends the last one that it has durably
 * journaled as `Last-Event-ID` and gets all later ones. Delivery is at least once and in order.
 */
export const DownlinkMessage = Type.Union([
  /** Carry out this command; journal its id first. */
  Type.Object({ type: Type.Literal('command'), command: Command }),
  /** Do not start this command if it has not begun. */
  Type.Object({ type: Type.Literal('cancel'), commandId: Uuid, deviceId: Slug }),
  /** This device is served here, with these credentials, signals and rules; replaces what was known. */
  Type.Object({
    type: Type.Literal('device'),
    device: DeviceDefinition,
    /** Where it is there, the gateway says by this what became of it (`DefinitionReport`). */
    version: Type.Optional(DefinitionVersion),
  }),
  /** This device is no longer served here. */
  Type.Object({ type: Type.Literal('device-removed'), deviceId: Slug }),
  ConfigurationPush,
  ConfigurationConfirmation,
  ConfigurationCheck,
]);
export type DownlinkMessage = Static<typeof DownlinkMessage>;

/** In the head of a stream: its name, for receipts. A cloud that does not give it takes none. */
export const downlinkStreamHeader = 'andon-downlink-stream';

/**
 * Body of `POST /v1/gateway/downlink-receipt`: every message up to this one is durably journaled. It is a courtesy, so
 * that the cloud knows at once; what was not told here is told by `Last-Event-ID`.
 */
export const DownlinkReceipt = Type.Object(
  { stream: Uuid, lastEventId: Type.Integer({ minimum: 1, maximum: downlinkNumberMax }) },
  { additionalProperties: false },
);
export type DownlinkReceipt = Static<typeof DownlinkReceipt>;
