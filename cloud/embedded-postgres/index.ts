/**
 * PostgreSQL of our own, for machines that have none: the real server from the npm package's binaries, with writes
 * synced, under our care.
 *
 * Actors: the cloud's process, which alone may hold the data folder (a kernel lock that dies with the process);
 * the postmaster, a child with a session of its own, so that Ctrl-C reaches it through us only.
 *
 * States: absent → initialised → starting (perhaps recovering) → ready → gone → starting …, until `stop`.
 *
 * What may go wrong, and what is done:
 * - We are killed: the postmaster lives on. The next start finds it by `postmaster.pid`, proves by signing in that it
 *   serves our folder, and adopts it.
 * - The postmaster is killed: noticed, started again with back-off on the same port, so that the pool recovers.
 * - A stale `postmaster.pid` names somebody else's process: removed, after its command line was looked at.
 * - PostgreSQL refuses to run as root, so root gives it an unprivileged user. Where that user cannot reach the checkout
 *   or the data folder (a home closed to others), binaries and data lie under `/var/lib/andon/<hash>`, and
 *   `postgres-location` in the data folder says so.
 * - A second cloud starts on the same data: refused, naming the process that holds it.
 */

export { type EmbeddedPostgres, findRunningPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
export { freePort } from './free-port.ts';
