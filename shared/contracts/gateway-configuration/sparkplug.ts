import { type Static, Type } from 'typebox';
import { Slug } from '../primitives.ts';
import { strict } from './primitives.ts';

/** A part of a Sparkplug topic: a group, an edge node or a device. */
const SparkplugId = Type.String({ pattern: '^[^+#/\\u0000]+$', minLength: 1, maxLength: 128 });

/** The Sparkplug B edge nodes that are taken; no others are. */
export const SparkplugSettings = Type.Object(
  {
    /** Says `online` on `spBv1.0/STATE/{hostId}` while this gateway listens, for edge nodes that wait for that. */
    hostId: Type.Optional(SparkplugId),
    nodes: Type.Array(
      Type.Object(
        {
          group: SparkplugId,
          edgeNode: SparkplugId,
          /** The device of the node's own metrics; without it they are not stored. */
          deviceId: Type.Optional(Slug),
          /** Ids of the devices behind the node by their Sparkplug names. For no others is it believed. */
          devices: Type.Optional(Type.Record(SparkplugId, Slug)),
          /** On the gateway's own broker: the device with whose credentials the node signs in. */
          publisher: Type.Optional(Slug),
          /** Signals that commands and local actions may write. */
          writable: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 1000 })),
        },
        strict,
      ),
      { minItems: 1, maxItems: 1000 },
    ),
  },
  strict,
);
export type SparkplugSettings = Static<typeof SparkplugSettings>;
export type SparkplugNodeSettings = SparkplugSettings['nodes'][number];
