/**
 * A door for the person at the gateway: `confirm`, `rollback` and `reload` ask the process that runs, over a socket
 * in its data directory, so that they hold back nothing else and need no password: the directory's own permissions
 * say who may.
 *
 * What may go wrong: nobody listens (the gateway does not run), or the path of the directory is too long for a
 * socket; both are said.
 */
export { askGateway } from './ask.ts';
export { startControlServer } from './server.ts';
