import { type Static, Type } from 'typebox';
import { strict } from './primitives.ts';

const bytesMaxMin = 65_536;
const hoursMax = 87_600;

const limits = {
  /** Bytes of its records at most, within those of the whole outbox. */
  bytesMax: Type.Optional(Type.Integer({ minimum: bytesMaxMin })),
  /** What waits longer is dropped, and told. For ever where it is left out. */
  timeToLiveHours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: hoursMax })),
};

/** What the gateway keeps for the cloud, how much of it, and what gives way. */
export const OutboxSettings = Type.Object(
  {
    /** Bytes of all records at most; 1 GiB where it is left out. */
    bytesMax: Type.Optional(Type.Integer({ minimum: 1_048_576 })),
    readings: Type.Optional(
      Type.Object(
        {
          ...limits,
          /**
           * `thin` (if not said): the oldest become minimum, maximum, mean, last and count of a minute, then of a
           * quarter of an hour, then they are dropped. `drop`: the oldest are dropped. `refuse`: devices are not
           * acknowledged until there is room.
           */
          whenFull: Type.Optional(Type.Enum(['thin', 'drop', 'refuse'])),
        },
        strict,
      ),
    ),
    /** Alerts, results of commands, and what else is told of devices. They give way only after all readings. */
    alerts: Type.Optional(
      Type.Object({ ...limits, whenFull: Type.Optional(Type.Enum(['drop', 'refuse'])) }, strict),
    ),
  },
  strict,
);
export type OutboxSettings = Static<typeof OutboxSettings>;
