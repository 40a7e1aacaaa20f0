/**
 * The pipeline: from a message off a wire to a promise on the disk.
 *
 * Actors: connectors hand in messages, device states and refused input; the downlink registers devices; the alert
 * engine judges; the outbox commits; local actions go back out through the connectors.
 *
 * Invariants:
 * - A message's readings, the alert transitions that they cause, the engine's new states, the local actions and
 *   the key that tells a redelivery are one transaction. `ingest` resolves after it is durable, and only then is
 *   the publisher acknowledged.
 * - Memory runs ahead of the disk by at most one transaction. When that fails, everything here that is kept in
 *   memory (engine states, device states, redelivery keys) is read from the disk again before the next message.
 * - A message that is redelivered (same device, same key, marked as a repetition) is stored once.
 * - A local action is journaled with its transition and carried out after it, until it is done or ten minutes
 *   old, across restarts.
 * - A device that the cloud registered here goes before the file's device of the same id.
 *
 * What may go wrong: the disk is full (the message is rejected and comes again); a device is not known (its
 * message is refused and counted); a local action cannot be done (it is tried again, then given up and counted).
 */
export * from './device-registry.ts';
export * from './device-states.ts';
export * from './latest-readings.ts';
export * from './local-actions.ts';
export * from './pipeline.ts';
export * from './rejections.ts';
