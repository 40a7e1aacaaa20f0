/**
 * Judges raw values: the door between the connectors, which know wires, and everything else, which knows readings.
 *
 * Actors: a connector brings the values of one message, dated by the device where it has a clock; the pipeline
 * takes the readings on to the alert rules and the outbox.
 *
 * Invariants: every value becomes a reading, so that a failed read is seen and never silence; only a value whose
 * signal has no legal name is refused. Every reading satisfies the contract, whatever came over the wire, since one
 * that does not would have its whole batch refused by the cloud.
 *
 * Values: BAD with `not-a-number`, `not-a-boolean`, `not-a-text`, `not-a-value`, `no-value`, `text-too-long`,
 * `number-too-large`, `out-of-range`, `unit-mismatch`, or the connector's own reason for a read that failed. What
 * JSON can carry stays in the reading as evidence; else its value is null. A signal that is defined without a type,
 * or that has a rule with limits, holds numbers (or booleans); one that is not defined may hold anything.
 *
 * Times: the device's own, where plausible. More than 24 hours ahead of the gateway (`device-time-in-future`),
 * before 2001 (`device-time-not-set`) or not a time at all (`device-time-invalid`), the gateway's time stands in and
 * the reading is UNCERTAIN. Older than 90 minutes it is `historical`, which is a flag and no filter: it is evaluated
 * and raises alerts like any other.
 *
 * The clock: `ClockWatch` says what time it is and how well that is known. A board without a battery begins in 1970, or
 * where it stopped; what is recorded before its clock is set is marked UNSYNCHRONIZED, kept with the time scale that
 * it is dated in (`ClockKeeper`), and corrected on its way out once the scale is known: the reading is then CORRECTED
 * and keeps what the clock had said as `originalTime`. The cloud's word is a hint, taken only where the clock is not
 * set. What never could be corrected (the machine was restarted before) goes out as it is, marked. A clock that is set
 * while the gateway runs, by a second or by years, moves all timers with it: none expires by that.
 */
export * from './clock-keeper.ts';
export * from './clock-watch.ts';
export * from './machine-boot.ts';
export * from './signals-contract.ts';
export { toReadings } from './to-readings.ts';
