/**
 * Plays a recording as a device, over MQTT with QoS 1.
 *
 * Invariants: rows go out in the order of the file; no more than a fixed number are in flight; a row is counted when
 * it was acknowledged, and is never sent again after that; a row that was not is sent again, with DUP and the same
 * packet id, before anything new.
 *
 * What may go wrong: the broker is killed and comes back (waits and goes on); wrong credentials (says so and stops,
 * unless it was let in before); a row whose time cannot be read (names the line and stops).
 */
export { type ReplayOptions, type ReplayResult, replay } from './player.ts';
export { cellsOf, type RecordedValue, readRecording, recordedTime } from './recording.ts';
export { shiftedToNow } from './shift.ts';
