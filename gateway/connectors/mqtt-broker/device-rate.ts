/**
 * Spreads what each device sends to so many messages a second, after a burst of one second's worth. It gives delays
 * and throws nothing away: what waits fills the connection's share of publications in flight, and then its socket is
 * not read on.
 */
export class DeviceRate {
  readonly #millisecondsEach: number;
  readonly #burstMilliseconds: number;
  readonly #next = new Map<string, number>();

  constructor(messagesPerSecondMax: number) {
    this.#millisecondsEach = 1000 / messagesPerSecondMax;
    this.#burstMilliseconds = Math.max(1000, this.#millisecondsEach);
  }

  /** How long the next message of the device must wait. `now` is monotonic; both are in milliseconds. */
  delay(deviceId: string, now: number): number {
    const earliest = now - this.#burstMilliseconds + this.#millisecondsEach;
    const at = Math.max(this.#next.get(deviceId) ?? earliest, earliest);
    this.#next.set(deviceId, at + this.#millisecondsEach);
    return Math.max(0, at - now);
  }
}
