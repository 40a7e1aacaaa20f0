/**
 * The flight recorder: what devices sent around the time of an alert, as it came.
 *
 * Actors: the alert engine notes every reading of a device that has rules, connectors the bytes of their frames, 512
 * bytes of each: what came within the time that a recording covers, 64 KiB of a device at most (of MQTT the latest 64
 * payloads), and half of the recorder's memory of all devices; when an alert is raised, what came before it is taken out of
 * memory as soon as the alert itself is on its way, which must not wait for that, and half a minute later what came after.
 *
 * Invariants: memory is bounded for each device and for all together, and so is each recording and how many a device
 * may have in an hour; what does not fit is left out, and the recording says so. A reading costs a few writes into
 * arrays of numbers.
 *
 * What may go wrong: a gateway that is killed loses what is in memory. Of both parts there is a row in the store from
 * the beginning, committed with the alert, and of the part after every five seconds what came so far:
 * the next start sends it, with the reason that it was cut off. The part before takes its place some milliseconds
 * after the alert; of many alerts at once, a few in each turn. A storm may have more to save than one turn takes:
 * alerts of which nothing was saved yet come first, the newest before the others, then those that have waited longest.
 * Where more alerts than can wait are raised, the part of the oldest ends there, and says so; the newest has its whole
 * time. What is missing is counted by reason.
 */
export type { Frame } from './frame-ring.ts';
export { FlightRecorder, type RecordingLoss } from './recorder.ts';
