/**
 * Breaking and repairing devices of a running simulator from another terminal: HTTP on the loopback address, on a port
 * that stands with a secret in `control.json` of the data folder, which only its owner can read.
 */
export { type ControlRequest, control } from './client.ts';
export { openControl } from './server.ts';
