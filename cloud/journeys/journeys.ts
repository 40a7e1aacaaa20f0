import type { Accounts } from '../accounts/index.ts';
import type { Notifications } from '../notifications/index.ts';
import type { Capability, Platform, StoredEvent, Transaction } from '../platform/index.ts';
import { seedBuiltIn } from './built-in.ts';
import { businessEventTypes, businessTriggerOf } from './business-triggers.ts';
import { addJourneyChangeRoutes, addJourneyRoutes, addRunRoutes } from './journey-routes.ts';
import { createPublishing } from './publishing.ts';
import { depthOfEvent, raiseTrigger } from './raise.ts';
import { createRuns } from './runs.ts';
import { addTriggerEventRoutes, addTriggerRoutes } from './trigger-routes.ts';
import { findTrigger } from './trigger-store.ts';

export interface JourneyParts {
  readonly accounts: Pick<Accounts, 'findContact' | 'findPrimaryContact'>;
  readonly notifications: Pick<Notifications, 'notify'>;
}

export function createJourneys(platform: Platform, parts: JourneyParts): Capability {
  const runs = createRuns(platform, parts);
  const publishing = createPublishing(platform, runs);
  return {
    name: 'journeys',
    start: () => seedBuiltIn(platform, publishing),
    subscriptions: [
      {
        name: 'journeys.business-triggers',
        types: businessEventTypes,
        handle: (transaction, event) => raiseForBusiness(platform, parts.accounts, transaction, event),
      },
      { name: 'journeys.runs', types: ['trigger.raised'], handle: runs.onTriggerRaised },
    ],
    tasks: [
      {
        name: 'journeys.due',
        everyMilliseconds: 1_000,
        wakesOn: ['journey.run-'],
        run: runs.moveDue,
      },
    ],
    routes(app) {
      addTriggerRoutes(app, platform);
      addTriggerEventRoutes(app, platform, parts.accounts);
      addJourneyRoutes(app, platform);
      addJourneyChangeRoutes(app, platform, publishing);
      addRunRoutes(app, platform);
    },
  };
}

/** Raises the trigger of a business event, once for each event, for the contact whom it concerns. */
async function raiseForBusiness(
  platform: Platform,
  accounts: JourneyParts['accounts'],
  transaction: Transaction,
  event: StoredEvent,
): Promise<void> {
  const business = businessTriggerOf(event);
  const trigger = business && (await findTrigger(transaction, business.trigger));
  if (business === undefined || trigger === undefined) {
    return;
  }
  const contactId =
    business.contactId ??
    (business.accountId === null
      ? undefined
      : (await accounts.findPrimaryContact(transaction, business.accountId))?.id);
  await raiseTrigger(platform, transaction, {
    trigger,
    attributes: business.attributes,
    contactId: contactId ?? null,
    test: false,
    actor: 'system:journeys',
    causedBy: event.id,
    depth: (await depthOfEvent(transaction, event.causedBy)) + 1,
    sourceEventId: event.id,
  });
}
