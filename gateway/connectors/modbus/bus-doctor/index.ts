/**
 * The bus doctor: does the poll plan fit on its wire, and what does the wire say to it?
 *
 * Actors: a technician runs it beside a configuration, before the gateway does or instead of it.
 *
 * It has two voices. The plan (`plan-report.ts`) is arithmetic alone: frames, silences, rates; what it says cannot fit
 * cannot fit, and it shows the sum. Listening (`listen.ts`) polls a real bus as the gateway would, through the very
 * same connector, and measures how long slaves take, what is damaged or lost, and how old values get.
 *
 * Invariants: it writes nothing to any device and keeps nothing. Memory is bounded, however long it listens.
 *
 * What may go wrong: a gateway that runs holds the port; then nothing is heard, and the report says why.
 */
export * from './listen.ts';
export * from './listen-report.ts';
export * from './measurements.ts';
export * from './plan-report.ts';
