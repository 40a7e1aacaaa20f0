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
 * - When a transaction fails, device states and redelivery keys are read from the file again before the next message.
 *   The rules go on from memory, which may run ahead of the disk for as long as nothing can be kept: what they did is
 *   owed (`owed.ts`), and kept before anything else when there is room. Readings that nobody sends again become gaps. Of
 *   evaluations beyond a limit the latest states and the actions remain, and a gap in the alerts lane counts the rest.
 * - Each thing is kept once: where the file took a transaction and the disk did not, it is not owed.
 * - A message that is redelivered (same device, same key, marked as a repetition) is stored once.
 * - A local action is journaled with its transition and carried out after it, until it is done or ten minutes
 *   old, across restarts.
 * - A device that the cloud registered here goes before the file's device of the same id.
 *
 * What may go wrong: the disk is full (the message is rejected and comes again, and alerts go on here); a device is not known (its
 * message is refused and counted); a local action cannot be done (it is tried again, then given up and counted).
 */
export * from './device-registry.ts';
export * from './device-states.ts';
export * from './latest-readings.ts';
export * from './local-actions.ts';
export * from './pipeline.ts';
export * from './rejections.ts';
