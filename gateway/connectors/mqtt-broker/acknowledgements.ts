import type { TakenPublication, TelemetryIntake } from './telemetry-intake.ts';

/** PUBACK (MQTT 3.1.1, 3.4): type, remaining length, packet id. */
const puback = { firstByte: 0x40, remainingLength: 2, bytes: 4 } as const;

interface Batch {
  readonly packetIds: number[];
  publications: number;
}

/**
 * Acknowledges in the order of arrival, all publications of one commit together: they share a promise, and their
 * acknowledgements leave in one piece.
 */
export class Acknowledgements {
  readonly #intake: TelemetryIntake;
  readonly #settled: (publications: number, pubacks: Buffer | undefined) => void;
  #latest: Promise<void> | undefined;
  #batch: Batch = { packetIds: [], publications: 0 };

  constructor(intake: TelemetryIntake, settled: (publications: number, pubacks: Buffer | undefined) => void) {
    this.#intake = intake;
    this.#settled = settled;
  }

  add({ packetId, durable }: TakenPublication): void {
    // What need not be waited for is still acknowledged after what came before it.
    const promise = durable ?? this.#latest ?? Promise.resolve();
    if (promise !== this.#latest) {
      this.#follow(promise);
    }
    this.#batch.publications += 1;
    if (packetId !== undefined) {
      this.#batch.packetIds.push(packetId);
    }
  }

  #follow(promise: Promise<void>): void {
    const batch: Batch = { packetIds: [], publications: 0 };
    this.#latest = promise;
    this.#batch = batch;
    const ended = () => {
      if (this.#latest === promise) {
        this.#latest = undefined;
      }
    };
    promise.then(
      () => {
        ended();
        this.#intake.accepted(batch.publications);
        this.#settled(batch.publications, pubacksOf(batch.packetIds));
      },
      (error: unknown) => {
        ended();
        this.#intake.failed(error, batch.packetIds.length > 0);
        this.#settled(batch.publications, undefined);
      },
    );
  }
}

function pubacksOf(packetIds: readonly number[]): Buffer | undefined {
  if (packetIds.length === 0) {
    return undefined;
  }
  const bytes = Buffer.allocUnsafe(packetIds.length * puback.bytes);
  let position = 0;
  for (const packetId of packetIds) {
    bytes[position] = puback.firstByte;
    bytes[position + 1] = puback.remainingLength;
    bytes[position + 2] = packetId >> 8;
    bytes[position + 3] = packetId & 0xff;
    position += puback.bytes;
  }
  return bytes;
}
