/**
 * Suggestions: what may be done about an alert, from how past alerts of its kind ended.
 *
 * Actors: whoever ends alerts (devices, escalations, cases), whose committed events are kept as outcomes; people, who
 * look at an alert and may use what is suggested. A kind is a category, a rule, a state and an error code. What is
 * suggested is pure arithmetic over the latest outcomes (`suggest.ts`), and comes with the numbers that it rests on.
 *
 * Invariants: one outcome for each alert, with each remedy that was tried for it; nothing is suggested under a minimum of history; nothing is ever done
 * because of a suggestion unless a person says so.
 *
 * What may go wrong: a category is changed so that a rule means something else now: its past speaks for what it was,
 * until newer outcomes outweigh it.
 */
import type { Alerts } from '../alerts/index.ts';
import type { Capability, Platform } from '../platform/index.ts';
import { outcomesSubscription } from './learning.ts';
import { suggestionRoutes } from './routes.ts';

export { historyMin, suggest } from './suggest.ts';

export function createSuggestions(
  platform: Platform,
  { alerts }: { readonly alerts: Pick<Alerts, 'findAny'> },
): Capability {
  return {
    name: 'suggestions',
    subscriptions: [outcomesSubscription(alerts)],
    routes: (app) => suggestionRoutes(app, platform, alerts),
  };
}
