/**
 * Accounts, contacts and sites as tables (CSV), in and out.
 *
 * Actors: service staff, who bring their customers from elsewhere, change many at once, or take them along. A line
 * is known by its id where that is given, else by its name (of an account, of a site within its account) or by its
 * address or number (of a contact within its account).
 *
 * Invariants: all of a table is imported or nothing, or where it is wished without its wrong lines; a column that a
 * table lacks says nothing, an empty cell clears; what is exported imports as unchanged; whoever opted out is not
 * opted in by a table.
 *
 * May go wrong: two imports at once, or an import and a person (each import locks its table, the others wait); a
 * name that several accounts have (the line says so, and wants the id).
 */
import type { App, Platform } from '../../platform/index.ts';
import { accountTable } from './account-table.ts';
import type { ContactConsents } from './contact-consents.ts';
import { contactTable } from './contact-table.ts';
import { tableDoors } from './doors.ts';
import { siteTable } from './site-table.ts';

export type { ContactConsents, PointConsent } from './contact-consents.ts';

export function accountTableRoutes(app: App, platform: Platform, consents: ContactConsents): void {
  tableDoors(app, platform, accountTable);
  tableDoors(app, platform, siteTable);
  tableDoors(app, platform, contactTable(consents));
}
