import type { ClockState } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';

/** A wall clock before this was never set: the program is younger (2025-01-01). */
export const builtAfter = 1_735_689_600_000;
/** A wall clock that differs by this from what the steady clock says was set meanwhile. */
export const clockStepMillisecondsMin = 1000;
/** A clock that is behind the newest time known by less was set back a little, and not lost. */
const behindMillisecondsMax = 60_000;
/** While the clock is not set, a smaller step that leads nowhere new is a pause of this process, and no setting. */
const pauseMillisecondsMax = 60_000;
/** The cloud's clock and ours are the same within this; an HTTP date has whole seconds. */
const agreementMillisecondsMax = 5 * 60_000;

/** What happened to the wall clock. */
export type ClockEvent =
  /** It was set, by so many milliseconds, and what it says is believed from now on. */
  | { readonly kind: 'set'; readonly stepMilliseconds: number }
  /** It says a time before the program was made. */
  | { readonly kind: 'lost'; readonly stepMilliseconds: number };

/**
 * The gateway's clock: the machine's where that is set, and the cloud's, counted on by the steady clock, where it is
 * not and the cloud was heard. Wherever it knows nothing better it says what the machine says, and says so.
 *
 * The machine's clock is not set where it is before the newest time known (of the program, or of what was kept
 * before), until it is seen to be set, or the cloud says the same. It is seen to be set when it leaves the steady
 * clock by a second or more: then it is believed, forward or back, unless it is before the program was made.
 */
export class ClockWatch implements Clock {
  readonly #machine: Clock;
  readonly #listeners: ((event: ClockEvent) => void)[] = [];
  #newest = builtAfter;
  #isSet: boolean;
  /** Wall minus steady time, as last seen. */
  #offset: number;
  /** The cloud's time minus steady time, where the machine's clock is not set. */
  #cloudOffset: number | undefined;
  /** The cloud's clock minus ours, as last heard. */
  #skew: number | undefined;

  constructor(machine: Clock) {
    this.#machine = machine;
    const now = machine.now();
    this.#offset = now - machine.monotonic();
    this.#isSet = now >= builtAfter;
  }

  /** Milliseconds since the epoch, the best that is known. */
  now(): number {
    const wall = this.#observe();
    return this.#cloudOffset === undefined ? wall : Math.round(this.#machine.monotonic() + this.#cloudOffset);
  }

  monotonic(): number {
    return this.#machine.monotonic();
  }

  /** How well `now` is known. */
  state(): ClockState {
    this.#observe();
    return this.lastState;
  }

  /** The state as of the last time that the clock was read: for those who just did. */
  get lastState(): ClockState {
    if (this.#isSet) {
      return 'SYNCHRONIZED';
    }
    return this.#cloudOffset === undefined ? 'UNSYNCHRONIZED' : 'CORRECTED';
  }

  /** What the machine's own clock says. */
  machineTime(): number {
    return this.#observe();
  }

  /** The cloud's clock minus the machine's, in milliseconds, as last heard. */
  get skewMilliseconds(): number | undefined {
    return this.#skew;
  }

  /** There was such a time once: a clock that is before it now is not set. To be told at the start. */
  knowPast(newest: number): void {
    this.#newest = Math.max(this.#newest, newest);
    if (this.#isBehind(this.#observe())) {
      this.#isSet = false;
    }
  }

  /** The newest time that was believed, for the next start. */
  get newest(): number {
    this.#observe();
    return this.#newest;
  }

  /** An answer of the cloud carried this date. */
  hearCloud(cloudTime: number): void {
    if (!Number.isFinite(cloudTime) || cloudTime < builtAfter) {
      return;
    }
    const wall = this.#observe();
    this.#skew = cloudTime - wall;
    if (this.#isSet) {
      return;
    }
    if (Math.abs(this.#skew) <= agreementMillisecondsMax) {
      this.#believe(wall, 0);
    } else if (this.#cloudOffset === undefined) {
      this.#cloudOffset = cloudTime - this.#machine.monotonic();
      this.#tell({ kind: 'set', stepMilliseconds: Math.round(this.#skew) });
    }
  }

  onChange(listener: (event: ClockEvent) => void): void {
    this.#listeners.push(listener);
  }

  #observe(): number {
    const wall = this.#machine.now();
    const offset = wall - this.#machine.monotonic();
    const step = Math.round(offset - this.#offset);
    this.#offset = offset;
    if (Math.abs(step) >= clockStepMillisecondsMin) {
      this.#stepped(wall, step);
    } else if (this.#isSet && wall > this.#newest) {
      this.#newest = wall;
    }
    return wall;
  }

  #stepped(wall: number, step: number): void {
    if (wall >= builtAfter) {
      const isPause = !this.#isSet && step > 0 && step <= pauseMillisecondsMax && this.#isBehind(wall);
      if (!isPause) {
        this.#believe(wall, step);
      }
      return;
    }
    this.#isSet = false;
    this.#tell({ kind: 'lost', stepMilliseconds: step });
  }

  #isBehind(wall: number): boolean {
    return wall < this.#newest - behindMillisecondsMax;
  }

  /** `step` is by how much it was moved just now. */
  #believe(wall: number, step: number): void {
    this.#isSet = true;
    this.#newest = wall;
    this.#cloudOffset = undefined;
    this.#tell({ kind: 'set', stepMilliseconds: step });
  }

  #tell(event: ClockEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }
}
