import type { Accounts } from '../accounts/index.ts';
import type { Notifications } from '../notifications/index.ts';
import type { Capability, Platform, StoredEvent, Transaction } from '../platform/index.ts';
import { seedBuiltIn } from './built-in.ts';
import { type BusinessTrigger, businessEventTypes, businessTriggerOf } from './business-triggers.ts';
import { addJourneyChangeRoutes, addJourneyRoutes, addRunRoutes } from './journey-routes.ts';
import { createPublishing } from './publishing.ts';
import { depthsOfEvents, type Raise, raiseTriggers } from './raise.ts';
import { createRuns } from './runs.ts';
import { addTriggerEventRoutes, addTriggerRoutes } from './trigger-routes.ts';
import { findTriggers } from './trigger-store.ts';

export interface JourneyParts {
  readonly accounts: Pick<Accounts, 'findContact' | 'findPrimaryContactIds'>;
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
        isUnhurried: true,
        types: businessEventTypes,
        handle: (transaction, event) => raiseForBusiness(platform, parts.accounts, transaction, [event]),
        async handleTogether(transaction, events) {
          await raiseForBusiness(platform, parts.accounts, transaction, events);
          return new Set(events.map(({ id }) => id));
        },
      },
      {
        name: 'journeys.runs',
        types: ['trigger.raised'],
        handle: runs.onTriggerRaised,
        handleTogether: runs.findUnheard,
      },
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

/** Raises the triggers of business events, once for each event, each for the contact whom it concerns. */
async function raiseForBusiness(
  platform: Platform,
  accounts: JourneyParts['accounts'],
  transaction: Transaction,
  events: readonly StoredEvent[],
): Promise<void> {
  const news = events.flatMap((event) => {
    const business = businessTriggerOf(event);
    return business === undefined ? [] : [{ event, business }];
  });
  if (news.length === 0) {
    return;
  }
  const names = news.map(({ business }) => business.trigger);
  const triggers = new Map((await findTriggers(transaction, names)).map((row) => [row.name, row]));
  const causes = news.map(({ event }) => event.causedBy).filter((cause) => cause !== null);
  const depths = await depthsOfEvents(transaction, causes);
  const contacts = await findContacts(accounts, transaction, news);
  const raises: Raise[] = [];
  for (const { event, business } of news) {
    const trigger = triggers.get(business.trigger);
    if (trigger !== undefined) {
      raises.push({
        trigger,
        attributes: business.attributes,
        contactId: business.contactId ?? contacts.get(business.accountId ?? '') ?? null,
        test: false,
        actor: 'system:journeys',
        causedBy: event.id,
        depth: (event.causedBy === null ? 0 : (depths.get(event.causedBy) ?? 0)) + 1,
        sourceEventId: event.id,
      });
    }
  }
  await raiseTriggers(platform, transaction, raises);
}

/** The first contacts of the accounts that it concerns where no contact is named. */
function findContacts(
  accounts: JourneyParts['accounts'],
  transaction: Transaction,
  news: readonly { readonly business: BusinessTrigger }[],
): Promise<Map<string, string>> {
  const ids = news.map(({ business }) => (business.contactId === null ? business.accountId : null));
  return accounts.findPrimaryContactIds(transaction, [...new Set(ids.filter((id) => id !== null))]);
}
