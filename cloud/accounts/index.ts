/**
 * The customers: accounts, the people of each, and the sites where their machines stand.
 *
 * Actors: service staff keep them; journeys and cases ask whom to tell. An account may have a parent (a company
 * above a plant). One contact of an account is primary: who is told first about its devices; naming another takes
 * it from the one before.
 *
 * Invariants: an account is never above itself; one primary contact for each account (a partial unique index); a
 * phone number is stored in E.164; an edit names the version that it is based on.
 *
 * May go wrong: two edits at once (the later is refused, 412); two contacts made primary at once (they wait for
 * each other at the account's row, and the later one is primary).
 */
import type { Capability, Database, Platform } from '../platform/index.ts';
import { findAccount, findLines } from './account-store.ts';
import { findContact, findPrimaryContactIds } from './contact-store.ts';
import { type CustomerHours, hoursOfPlaces, type PlaceOfMachine } from './customer-hours.ts';
import { hoursRoutes } from './hours-routes.ts';
import { accountRoutes, contactRoutes } from './routes.ts';
import type { Account, Contact, Site } from './schemas.ts';
import { siteRoutes } from './site-routes.ts';
import { findSite } from './site-store.ts';
import { accountTableRoutes, type ContactConsents } from './tables/index.ts';

export type { AccountTables } from './account-store.ts';
export type { ContactTables } from './contact-store.ts';
export { CustomerHours } from './customer-hours.ts';
export { accountOfCell, accountsNamed, clearNames, type NamedAccounts } from './named-accounts.ts';
export { phoneNumberOf } from './phone-number.ts';
export { Account, Contact, Language, Site } from './schemas.ts';
export type { SiteTables } from './site-store.ts';
export type { ContactConsents, PointConsent } from './tables/index.ts';
export { isTimeZone } from './time-zone.ts';
export { hoursLastUntil, isWithinHours, WeeklyHours } from './weekly-hours.ts';

/** Each takes the transaction, or the database where none is open. */
export interface Accounts extends Capability {
  findAccount(database: Database, id: string): Promise<Account | undefined>;
  findContact(database: Database, id: string): Promise<Contact | undefined>;
  findSite(database: Database, id: string): Promise<Site | undefined>;
  /** Each of these accounts with all above it, by account. */
  findLines(database: Database, accountIds: readonly string[]): Promise<Map<string, string[]>>;
  /** The primary contact of each account, or of the nearest account above it that has one; by account. */
  findPrimaryContactIds(database: Database, accountIds: readonly string[]): Promise<Map<string, string>>;
  /** When the machines at each of these places may be touched from afar; undefined: at any time. */
  hoursOfPlaces(
    database: Database,
    places: readonly PlaceOfMachine[],
  ): Promise<(CustomerHours | undefined)[]>;
}

export function createAccounts(platform: Platform, consents: ContactConsents): Accounts {
  return {
    name: 'accounts',
    findAccount,
    findContact,
    findSite,
    findLines,
    findPrimaryContactIds,
    hoursOfPlaces,
    routes(app) {
      accountTableRoutes(app, platform, consents);
      accountRoutes(app, platform);
      contactRoutes(app, platform);
      siteRoutes(app, platform);
      hoursRoutes(app, platform);
    },
  };
}
