/**
 * Everything on one machine: what `npm start` runs.
 *
 * Actors: the supervisor (this folder), and cloud, gateway and simulator as processes of their own. It imports none of
 * them; it speaks to the cloud through the HTTP doors that everybody has, and to all of them by files and environment.
 *
 * States: locked, ports claimed, cloud ready, provisioned, all ready, stopping.
 *
 * Invariants: one supervisor per data directory (a lock of the kernel, gone with the process); no part outlives it
 * (each stops when its channel closes); a part that dies is started again; provisioning looks before it makes, so a
 * start that was killed anywhere is continued by the next; secrets lie in files that only their owner can read.
 *
 * The parts are run as the single files that the installation has built, which start in half the time, or from their
 * sources where anything was edited since (`shared/programs`).
 *
 * What may go wrong: a second start or a port in use (one line, exit code 1); a part that does not become ready (its
 * last words and the path of its log); a gateway.yaml that a person changed is never written over.
 */
export { banner } from './banner.ts';
export { type OneMachineSettings, placesIn, readSettings } from './config.ts';
export { gatewayConfiguration } from './gateway-configuration.ts';
export { lockDataDirectory } from './lock.ts';
export { Supervisor } from './supervisor.ts';
