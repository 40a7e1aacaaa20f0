import { type Static, Type } from 'typebox';
import { recordingSamplesMax } from '../alert.ts';
import { strict } from './primitives.ts';

/** What is kept of the devices in memory, to be sent with each alert. */
export const FlightRecorderSettings = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    /** How much is kept of the time before an alert, and after it; 60 and 30 if not said. */
    beforeSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
    afterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
    /** Values of a device that are kept, and sent in each of the two parts; 1000 if not said. */
    samplesMax: Type.Optional(Type.Integer({ minimum: 1, maximum: recordingSamplesMax })),
    /** Memory for all devices together; 16 MiB if not said. */
    memoryBytesMax: Type.Optional(Type.Integer({ minimum: 65_536, maximum: 1_073_741_824 })),
    /** Recordings of a device in an hour; beyond it alerts come without one. 60 if not said. */
    recordingsAnHourMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
  },
  strict,
);
export type FlightRecorderSettings = Static<typeof FlightRecorderSettings>;
