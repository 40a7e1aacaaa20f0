import type { Request, Response } from './pdu.ts';

/** Why a request has no good answer. */
export type Failure = 'timeout' | 'checksum' | 'port-closed';

export type Outcome =
  | { readonly response: Response }
  /** `sent` where the slave may have got the request all the same. */
  | { readonly failure: Failure; readonly sent: boolean };

export type ShowFrame = (direction: 'sent' | 'received', frame: Uint8Array) => void;

/** A request to a slave, and how long its answer may be awaited. */
export interface Ask {
  readonly unitId: number;
  readonly request: Request;
  readonly timeoutMilliseconds: number;
  /** Is shown the frames of the request and of its answer. */
  readonly show?: ShowFrame;
}

/** What became of a request, for those who measure. `milliseconds` from the last byte out to the outcome. */
export type Measure = (unitId: number, outcome: Outcome, milliseconds: number) => void;

/** The way of requests to slaves, whichever frames they travel in. */
export interface Transport {
  /** How many transactions may be under way at once. */
  readonly inFlightMax: number;
  /** Never rejects. The caller keeps to `inFlightMax`. */
  transact(ask: Ask): Promise<Outcome>;
  receive(bytes: Uint8Array): void;
  lineLost(): void;
}
