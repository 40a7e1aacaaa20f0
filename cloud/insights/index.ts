/**
 * Insights: what the records of the others come to, counted over a period.
 *
 * Actors: people who want to know whether remedies help, and programs that fetch the same figures as a table. There is
 * no state of its own: each figure is a count over the rows of alerts, fault episodes and commands at the moment of the
 * question, so that it can be counted again by hand, and never differs from what the lists show.
 *
 * What may go wrong: a period of years over millions of alerts. A period is limited, and its alerts are found by the
 * index of their times.
 */
import type { Capability, Platform } from '../platform/index.ts';
import { remoteFixRoutes } from './remote-fix-routes.ts';

export { RemoteFixes } from './schemas.ts';

export function createInsights(platform: Platform): Capability {
  return { name: 'insights', routes: (app) => remoteFixRoutes(app, platform) };
}
