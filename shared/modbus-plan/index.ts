/**
 * The plan by which Modbus slaves are read, and what it takes of a serial line.
 *
 * Actors: the gateway reads by this plan; the checks of a configuration, at the edge and in the cloud, refuse one that
 * cannot fit; the bus doctor shows its arithmetic.
 *
 * Invariants: as few requests as the device takes, none over a forbidden address; points that are read at the same
 * moment share requests, whatever their rates. All of it is pure: addresses, bytes and milliseconds.
 *
 * What may go wrong: a plan can need more time than there is. The arithmetic counts frames and the silences of the
 * standard alone, not how long slaves think; so what it refuses can fit under no circumstances, and what it lets
 * through may still be too much for slow slaves: that is measured.
 */
export * from './cron.ts';
export * from './line-load.ts';
export * from './points.ts';
export * from './rates.ts';
export * from './read-plan.ts';
export * from './wire-time.ts';
