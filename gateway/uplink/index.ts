/**
 * The uplink and the downlink: what the gateway and the cloud tell each other.
 *
 * Actors: the outbox holds what must go up; the cloud stores it and acknowledges; the cloud's messages come down as
 * server-sent events, and the gateway keeps each before it acts on it.
 *
 * Uplink: each lane has a loop of its own, with one batch under way at a time, so alerts never wait behind readings.
 * A batch is repeated until it is answered; the cloud skips what it has, so nothing is stored twice.
 * - Behind: readings that wait for more than 30 s are left to the history lane, which is drained beside what is live,
 *   marked historical, the next batch read and compressed while one is under way. Not before the cloud has answered for
 *   all that was sent, as a number must not change once it may have arrived.
 * - The clock: times of what was kept while it was not set are corrected here, on their way out; where only the cloud
 *   can tell what time it is, it is asked first. Waiting times are reckoned by the cloud's clock.
 * - Acknowledged: deleted from the outbox up to the number given.
 * - A hole (409 with the number expected): goes on from there where that can be. Where the cloud expects what is no
 *   longer here, or knows numbers that were never given, one side was restored from a copy: a new epoch begins, and
 *   what is lost is said in its first record.
 * - Refused by the cloud with a problem whose code blames a record: the batch is halved until the one bad record is
 *   found; it is set aside and a gap record takes its place, so that it does not block the lane. Refusals in a row are
 *   slowed down, so that a cloud that refuses everything does not empty the outbox.
 * - Refused in any other way, as by a proxy, or by an older cloud that does not know the lane: no record is blamed, and
 *   the batch is sent again later.
 * - Limited (429, 503): comes back when the cloud says. Anything else: back-off with jitter.
 *
 * Downlink: one long answer, resumed after the last event that was kept. A silent line is given up after 45 s (the
 * cloud says something every 15 s). What was kept is told at once, where the cloud takes receipts; one that does not
 * arrive is made up for when the line is resumed. Messages may come again; commands are told apart by their ids.
 *
 * What may go wrong: the key or the certificate is refused (their files are read again with every try, so new ones need
 * no restart).
 */
export * from './cloud-client.ts';
export * from './downlink.ts';
export * from './downlink-cursor.ts';
export { type ClientTls, type HttpAnswer, HttpServer } from './http-request.ts';
export { readTlsFiles, type TlsFiles } from './tls-files.ts';
export * from './uplink-lane.ts';
