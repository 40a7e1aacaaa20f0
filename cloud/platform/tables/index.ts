/**
 * Tables of records (CSV), in and out: what one gives, the other takes.
 *
 * Actors: a capability says of a kind of records which columns there are, how lines are read against what is there, and
 * how they are written (`TableKind`); files, doors, reports and leaving lines out are the same for all. People bring
 * their records from elsewhere, change many at once, or take them along.
 *
 * Invariants: all of a table is imported or nothing, or where it is wished without its wrong lines; a column that a
 * table lacks says nothing, an empty cell clears; what is exported imports as unchanged.
 *
 * May go wrong: two imports at once, or an import and a person (each import locks its table, the others wait); a line
 * that is broken costs itself only, and comes back in a table to mend; a reader that goes away ends an export.
 */
export { tableDoors } from './doors.ts';
export * from './kind.ts';
export * from './records.ts';
export * from './text.ts';
export * from './tree.ts';
