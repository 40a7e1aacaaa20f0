/**
 * The text of a gateway's configuration, judged: both the gateway that is to run it and the cloud in which it is
 * written say the same of it.
 *
 * Invariants: whatever is wrong is told in one go, each mistake with its line, column and key; a text with a mistake
 * is not used at all. What the schemas of `contracts` cannot say (a device served twice, an action on a point that
 * nobody can write) is checked too, and each kind of connector brings checks of its own (`connector-kinds.ts`).
 *
 * What may go wrong: the text is no YAML; that is a mistake like any other.
 */
export type * from './connector-kind.ts';
export { servicesOf } from './connector-kinds.ts';
export { brokerName } from './cross-checks.ts';
export type { KeyPath, Mistake, Tell } from './mistakes.ts';
export * from './parse.ts';
export * from './pushed-checks.ts';
export type { ReadMap } from './register-maps.ts';
