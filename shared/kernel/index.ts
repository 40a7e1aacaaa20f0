/** The few things every part needs: time, identity, errors and patience. */
export * from './backoff.ts';
export * from './clock.ts';
export * from './errors.ts';
export * from './identifiers.ts';
export * from './units.ts';
