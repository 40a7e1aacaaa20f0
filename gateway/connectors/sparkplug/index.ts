/**
 * Sparkplug B (3.0): the gateway as a host of edge nodes, whichever broker they speak to.
 *
 * Actors. An edge node is born (NBIRTH) with all its metrics, then each of its devices (DBIRTH); data names metrics by
 * alias. Its last will is its death (NDEATH). The connectors bring topics and payloads; this folder is a core without
 * I/O that says what to store, whom to declare dead, and which commands to publish.
 *
 * States of a node: unheard; born; with a gap, after a sequence number was missed; dead. Of a device: born or not,
 * and awaited, when its node was born again and it was not yet.
 *
 * Invariants.
 * - Only nodes of the configuration are taken, and their data only after a birth; else a birth is asked for (NCMD
 *   `Node Control/Rebirth`), every 5 seconds at most.
 * - After a gap an alias may mean something else: what has only an alias is refused until the node is born again; what
 *   has its name is taken.
 * - A death counts only with the bdSeq of the birth that it follows. Then every signal behind it turns BAD.
 * - A command goes to a metric that was born, is listed as writable, and has the data type for the value.
 * - Reading a payload never throws, and holds no more than the payload does; metrics and devices have limits.
 *
 * Not signals: `bdSeq`, `Node Control/…`, `Device Control/…`, and data sets, templates, arrays and bytes (BAD with
 * `sparkplug-data-type`).
 */
export * from './apply-effects.ts';
export * from './host.ts';
export { decodePayload } from './payload.ts';
export * from './topic.ts';
