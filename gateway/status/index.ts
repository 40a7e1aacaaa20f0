/**
 * What the gateway shows of itself: to a person on the floor with a phone, to a supervisor of processes, to a
 * collector of metrics.
 *
 * Actors: anyone who can reach the address (by default this machine only). There is nothing to change here and no
 * secret to see.
 *
 * Doors: `/` the page, which refreshes itself from `/status.json`; `/healthz` answers while the process does its
 * work; `/readyz` answers 503 while records cannot be kept or a connector has not tried yet; `/metrics` is in the
 * text format of Prometheus.
 *
 * Invariants: nothing is fetched from elsewhere; what devices sent is shown as text and never as markup; looking
 * costs the same however long the backlog is.
 */
export { addGauges } from './gauges.ts';
export type { HttpDoor } from './http-door.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type StatusSources, statusReport } from './report.ts';
export { startStatusServer } from './server.ts';
