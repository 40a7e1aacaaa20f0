/**
 * Commands: what the cloud asks of a device, carried out once, with every step told.
 *
 * Actors: the downlink hands in commands and cancellations; connectors reach the devices and bring their answers;
 * boot ids come with telemetry and device states; the uplink takes the steps to the cloud.
 *
 * States in the journal, and what the cloud is told when one is entered:
 *
 *   RECEIVED (DELIVERED) → ATTEMPTING (nothing) → EXECUTING (EXECUTING) → SUCCEEDED, FAILED, TIMED_OUT
 *   RECEIVED → EXPIRED, REJECTED, CANCELLED
 *   ATTEMPTING → RECEIVED, where the device could not be reached; it is tried again until the command expires
 *
 * Invariants:
 * - A step and the record that tells of it are one transaction. The id is journaled before anything is done, so a
 *   repeated command never acts twice.
 * - ATTEMPTING is journaled before the device is spoken to. Found after a restart, the outcome is not known: an
 *   idempotent command is done again, one to be done once is FAILED `interrupted`, and a reboot waits for proof.
 * - A reboot has SUCCEEDED only when the device shows a boot id other than the one before. No answer counts as it.
 * - One command at a time for each device, in the order of arrival.
 * - `decide` is pure: what to do next follows from the journal, the device's state and the time, so a restart or a
 *   lost wake-up changes nothing.
 *
 * A command may have a rule: a precondition that must be known to be true when it begins (else REJECTED), an
 * interlock that holds it while it is true or not known (until it expires), and a routine, steps that the gateway takes
 * itself (write, pause, wait until). A routine whose first step is done is EXECUTING; it fails at the step that fails,
 * and stops where an interlock overtakes it.
 *
 * What may go wrong: the journal is lost with a damaged outbox. The cloud then tells again what it was never told to be
 * here; of that, what may be done only once and was issued before the loss (by a minute after it at the latest, for
 * clocks differ) has FAILED as `interrupted`, since it may have been done. A person who deletes the data directory
 * takes that memory away, too. A device reboots in a loop because something keeps asking for it: beyond five reboots in ten
 * minutes the next one is REJECTED. A journal that cannot be written (disk full) delays; nothing is done unwritten.
 */

export { type CommandFacts, type Decision, decide, type JournaledCommand, setPointOf } from './decide.ts';
export type { Readings } from './guard.ts';
export * from './runner.ts';
export type { DeviceAnswer } from './steps.ts';
