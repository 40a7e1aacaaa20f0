/**
 * Runs alert rules over recorded readings: what would they have raised, had they been in force then?
 *
 * Actors: the person who proposes a rule gives a configuration and a recording (a CSV file with one value a row, or
 * one column for each signal; or JSON that Andon itself recorded, which is read as a whole); the replay takes it row by row, judges each row as the gateway would (units, ranges
 * and quality included), and lets the time between two rows pass for delays and silence.
 *
 * Invariants: the same engine and the same rules as in the gateway, so what is reported is what would have been
 * raised; nothing is sent and nothing is stored. Time is that of the recording. Memory is that of the engine and of
 * bounded samples, however long the recording.
 *
 * A value that was recorded as BAD is BAD here, too, and what was UNCERTAIN is that.
 *
 * What may go wrong: a row that cannot be read is counted with its reason and left out; a recording without a single
 * good row is refused with the names of its columns; JSON of another shape with the place of the mistake. Columns that
 * nobody reads, and signals that rules look at and the recording has not, are warned of.
 */
export { readJsonRecording } from './json-recording.ts';
export { RecordingReader } from './recording-reader.ts';
export { Replay, type ReplayReport } from './replay.ts';
export { reportLines } from './report-lines.ts';
export type { Row } from './row.ts';
