/**
 * The gateway's configuration: where it comes from, what is run, and how a new one proves itself.
 *
 * Actors: the person who runs the gateway writes the YAML file by hand; a person at the cloud pushes one; the
 * keeper decides which is run, and keeps the versions in the data directory. A few settings of the environment stand
 * above all of them.
 *
 * Which one wins: the latest word, wherever it was spoken. A file that was edited is taken at the next start, or at
 * SIGHUP; a pushed one is taken when it comes; until then what ran goes on, also over a restart.
 *
 * States of a version: waiting; on trial; confirmed; reverted; refused (it has mistakes, or a later one came first).
 * What is taken while the gateway runs is on trial: it is confirmed when the connectors that were up before are up
 * again and the cloud has stored something (or when a person says so, where the push asks for that), and taken back
 * when that does not happen in time. At the start there is nothing to compare with and a person stands by: the file
 * is run as it is.
 *
 * Invariants: whatever is wrong is told in one go, each mistake with its line, column and key; a text with a mistake
 * is never run. A trial that ends with the process, without a word, is reverted at the next start; one that the
 * process was told to stop in goes on with the time that is left. Only what differs is touched: connectors that are
 * the same keep their sessions. Secrets are not in the text: it names files, and holds only hashes of passwords; from
 * the cloud a text cannot name files outside of the configuration's own folder.
 *
 * What may go wrong: the file is absent, too large or no YAML (one mistake at one place); the versions are damaged
 * (set aside, and the file begins anew); the former configuration does not run again at once, because something else
 * took a port meanwhile (tried until it does, or until a later one is tried); a new one does not come into force in
 * its time, because a part of the gateway hangs (taken back like any other).
 */
export { ConfigurationError, type Mistake, parseConfiguration } from '@andon/shared/gateway-configuration';
export * from './configuration.ts';
export type { ConfigurationStatus } from './configuration-status.ts';
export * from './credential.ts';
export * from './differences.ts';
export * from './environment.ts';
export * from './keeper.ts';
export type { ConfigurableGateway, KeeperLogger } from './ports.ts';
export { registerMapsBeside } from './register-map-files.ts';
export type { GatewayHealth } from './trial.ts';
export { type StoredVersion, VersionStore } from './version-store.ts';
