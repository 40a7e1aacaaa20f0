/**
 * Runs the alert rules of this gateway's devices.
 *
 * Actors: the pipeline hands in readings, ticks and configurations, and commits what comes back; the status page
 * asks for the open alerts.
 */
export * from './alert-engine-contract.ts';
