/**
 * Cases: what service staff do for a customer, from the first word to the resolution.
 *
 * A case is opened by hand, for an account, a contact, an asset or a device (the customer is filled in), or by an
 * escalation whose fault could not be remedied. Statuses: `active` (in-progress, on-hold, waiting-for-details,
 * researching), `resolved` (problem-solved, information-provided), `cancelled`. Resolved and cancelled cases are
 * read-only until they are reactivated. The timeline is composed from what is stored once: the case's own activities,
 * the transitions of its alerts, the history of the device's commands, and one entry for each message.
 *
 * Invariants: the number is made by the database and never changes; a fault episode has one case (a unique index),
 * whatever is delivered twice; a status has only its own reasons, and a resolved case has a resolution, who and when
 * (checks); the customer's link cannot be guessed (192 random bits) and shows one case, without anything of ours.
 *
 * What may go wrong: two people change a case at once. Who sends If-Match with a stale version is refused (412).
 */
import type { Capability, Database, Platform, Transaction } from '../platform/index.ts';
import { type CaseSubject, fillInSubject, type GivenSubject } from './customer.ts';
import type { CasesDependencies } from './ground.ts';
import { messagesSubscription } from './messages.ts';
import { type EscalatedCase, openForEscalation } from './opening.ts';
import { type EscalatedTogether, openTogether } from './opening-together.ts';
import { toSummary } from './presentation.ts';
import { publicRoutes } from './public-routes.ts';
import { caseRoutes, statusRoutes } from './routes.ts';
import type { CaseSummary } from './schemas.ts';
import { findCase } from './store.ts';
import { takeWorkOrderNews, type WorkOrderNews } from './work-order-news.ts';

export type { CaseSubject } from './customer.ts';
export type { CasesDependencies } from './ground.ts';
export type { EscalatedCase } from './opening.ts';
export { Case, CasePriority, CaseSummary } from './schemas.ts';
export { CaseStatus, CaseStatusReason } from './status.ts';

export interface Cases extends Capability {
  find(database: Database, caseId: string): Promise<CaseSummary | undefined>;
  /** The case of a fault episode: the one that there is, or a new one. */
  openForEscalation(
    transaction: Transaction,
    escalated: EscalatedCase,
  ): Promise<{ caseId: string; isNew: boolean }>;
  /** The cases of many new fault episodes. */
  openTogether(transaction: Transaction, together: readonly EscalatedTogether[]): Promise<void>;
  /** Whose it is and about what, filled in from whatever is given. */
  subjectOf(database: Database, given: GivenSubject): Promise<CaseSubject>;
  /** What happened to a work order of the case; told again, it is the same. */
  takeWorkOrderNews(transaction: Transaction, news: WorkOrderNews): Promise<void>;
}

export function createCases(platform: Platform, dependencies: CasesDependencies): Cases {
  const ground = { platform, dependencies };
  return {
    name: 'cases',
    routes(app) {
      caseRoutes(app, ground);
      statusRoutes(app, ground);
      publicRoutes(app, ground);
    },
    subscriptions: [messagesSubscription(ground)],
    async find(database, caseId) {
      const row = await findCase(database, caseId);
      return row && toSummary(row);
    },
    openForEscalation: (transaction, escalated) => openForEscalation(transaction, ground, escalated),
    openTogether: (transaction, together) => openTogether(transaction, ground, together),
    subjectOf: (database, given) => fillInSubject(database, dependencies, given),
    takeWorkOrderNews: (transaction, news) => takeWorkOrderNews(transaction, ground, news),
  };
}
