/**
 * The flight recorder: what devices sent around the time of an alert, as it came.
 *
 * Actors: the alert engine notes every reading of a device that has rules, connectors the bytes of their frames (of
 * MQTT the payloads), the latest 64 and 512 bytes of each; when an alert is raised, what came before it is taken out of
 * memory and committed with it, and half a minute later what came after.
 *
 * Invariants: memory is bounded for each device and for all together, and so is each recording and how many a device
 * may have in an hour; what does not fit is left out, and the recording says so. A reading costs a few writes into
 * arrays of numbers.
 *
 * What may go wrong: a gateway that is killed loses what is in memory. The part before is on the disk with its alert
 * by then. Of the part after there is a row in the store from the beginning, and every five seconds what came so far:
 * the next start sends it, with the reason that it was cut off. A storm may have more to save than one turn takes:
 * alerts of which nothing was saved yet come first, the newest before the others, then those that have waited longest.
 * Where more alerts than can wait are raised, the part of the oldest ends there, and says so; the newest has its whole
 * time. What is missing is counted by reason.
 */
export type { Frame } from './frame-ring.ts';
export { FlightRecorder, type RecordingLoss } from './recorder.ts';
