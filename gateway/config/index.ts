/**
 * The gateway's configuration: one YAML file, and a few settings of the environment that stand above it.
 *
 * Actors: the person who runs the gateway writes the file, by hand; `check` and the start read it.
 *
 * Invariants: whatever is wrong with the file is told in one go, each mistake with its line, column and key; a
 * file with a mistake is not used at all. What the schema cannot say (a device served twice, an action on a point
 * that nobody can write) is checked too. Secrets are not in the file: it names the file that holds the gateway's
 * key, and holds only hashes of device passwords.
 *
 * What may go wrong: the file is absent, too large or no YAML; each is one mistake at one place.
 */

export type { Mistake } from '@andon/shared/gateway-configuration';
export { ConfigurationError, parseConfiguration } from '@andon/shared/gateway-configuration';
export * from './configuration.ts';
export * from './credential.ts';
