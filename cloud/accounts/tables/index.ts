/**
 * Accounts, contacts and sites as tables (CSV), in and out.
 *
 * Actors: service staff, who bring their customers from elsewhere, change many at once, or take them along. A line
 * is known by its id where that is given, else by its name (of an account, of a site within its account) or by its
 * address or number (of a contact within its account).
 *
 * Invariants: those of every table (`platform/tables`); whoever opted out is not opted in by a table.
 *
 * May go wrong: a name that several accounts have (the line says so, and wants the id).
 */
import { type App, type Platform, tableDoors } from '../../platform/index.ts';
import { accountTable } from './account-table.ts';
import type { ContactConsents } from './contact-consents.ts';
import { contactTable } from './contact-table.ts';
import { siteTable } from './site-table.ts';

export type { ContactConsents, PointConsent } from './contact-consents.ts';

export function accountTableRoutes(app: App, platform: Platform, consents: ContactConsents): void {
  tableDoors(app, platform, accountTable);
  tableDoors(app, platform, siteTable);
  tableDoors(app, platform, contactTable(consents));
}
