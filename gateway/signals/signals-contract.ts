import type { ClockState, Reading } from '@andon/shared/contracts';

/** When and how well the gateway dated a message. */
export interface Reception {
  /** Milliseconds since the epoch by the gateway's clock. */
  readonly gatewayTime: number;
  readonly clockState: ClockState;
}

/** A value that no reading can carry (its signal's name is not one), to be counted and reported. */
export interface RefusedValue {
  readonly signal: string;
  readonly reason: 'signal-name';
}

export interface ReadingsOfMessage {
  readonly readings: readonly Reading[];
  readonly refused: readonly RefusedValue[];
}
