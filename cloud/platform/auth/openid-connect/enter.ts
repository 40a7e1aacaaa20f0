import type { Role } from '../../authorization.ts';
import type { Platform } from '../../capability.ts';
import { inTransaction, type Transaction, violates } from '../../database.ts';
import { type Browser, endSessions, openSession } from '../sessions.ts';
import type { AuthTables } from '../tables.ts';
import { createUser, storeUser, tellUserChanged, type UserRow } from '../users.ts';
import { decideAdmission, type Identity, type Refusal } from './admission.ts';
import type { OpenIdConnectSettings } from './settings.ts';

const actor = 'system:openid-connect';
const nameCharactersMax = 200;

export type Entry = { readonly token: string } | { readonly refusal: Refusal; readonly userId?: string };

/**
 * Lets somebody in whom the provider has vouched for, or says why not. Of two who are made users under one name at
 * the same time, the second is looked up again.
 */
export async function enter(
  platform: Platform,
  settings: OpenIdConnectSettings,
  identity: Identity,
  from: { browser: Browser; formerToken: string | undefined },
): Promise<Entry> {
  const attempt = () =>
    inTransaction(platform.database, (transaction) =>
      enterOnce(platform, transaction, settings, identity, from),
    );
  try {
    return await attempt();
  } catch (error) {
    if (isLastAdministrator(error)) {
      return { refusal: 'last-administrator' };
    }
    if (violates(error, 'users_openid_key') || hasCode(error, 'platform.user-exists')) {
      return attempt();
    }
    throw error;
  }
}

async function enterOnce(
  platform: Platform,
  transaction: Transaction,
  settings: OpenIdConnectSettings,
  identity: Identity,
  from: { browser: Browser; formerToken: string | undefined },
): Promise<Entry> {
  const { bySubject, byEmail } = await lookUp(transaction, identity);
  const admission = decideAdmission(settings, identity, {
    bySubject: knownUser(bySubject),
    byEmail: knownUser(byEmail),
  });
  if (admission.admit === 'no') {
    const userId = (bySubject ?? byEmail)?.id;
    if (admission.refusal === 'no-role' && bySubject !== undefined) {
      // The provider has taken the last role away: what was opened with it ends, as with a change of roles.
      await endSessions(platform, transaction, { userId: bySubject.id }, actor);
    }
    return { refusal: admission.refusal, ...(userId === undefined ? {} : { userId }) };
  }
  const former = admission.admit === 'known' ? bySubject : byEmail;
  const user =
    admission.admit === 'new' || former === undefined
      ? await createUser(
          platform,
          transaction,
          {
            email: identity.email ?? '',
            name: (identity.name ?? identity.email ?? '').slice(0, nameCharactersMax),
            role: admission.role ?? 'viewer',
            openId: identity,
          },
          actor,
        )
      : await bringUpToDate(platform, transaction, former, identity, admission.role);
  const token = await openSession(platform, transaction, {
    userId: user.id,
    by: 'openid-connect',
    ...from,
  });
  return { token };
}

function knownUser(row: UserRow | undefined) {
  return row && { disabled: row.disabled_at !== null, linked: row.openid_subject !== null };
}

/** The one whom we know by this name, and the one who has this email; locked, so that nothing changes in between. */
async function lookUp(transaction: Transaction, { issuer, subject, email }: Identity) {
  const rows = await transaction
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where((where) =>
      where.or([
        where.and([where('openid_issuer', '=', issuer), where('openid_subject', '=', subject)]),
        where('email', '=', email ?? ''),
      ]),
    )
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return {
    bySubject: rows.find((row) => row.openid_issuer === issuer && row.openid_subject === subject),
    byEmail: rows.find((row) => row.email === email),
  };
}

/** Takes over what the provider decides about. Another role ends the sessions that had the former one. */
async function bringUpToDate(
  platform: Platform,
  transaction: Transaction,
  former: UserRow,
  identity: Identity,
  role: Role | undefined,
): Promise<UserRow> {
  const newRole = role !== undefined && role !== former.role ? role : undefined;
  const linked = former.openid_subject === null;
  if (newRole === undefined && !linked) {
    return former;
  }
  const user: UserRow = {
    ...former,
    role: newRole ?? former.role,
    openid_issuer: identity.issuer,
    openid_subject: identity.subject,
    updated_at: new Date(platform.clock.now()),
    version: former.version + 1,
  };
  await storeUser(transaction, user);
  if (newRole !== undefined) {
    await endSessions(platform, transaction, { userId: user.id }, actor);
  }
  await tellUserChanged(platform, transaction, user, newRole === undefined ? {} : { role: newRole }, actor);
  return user;
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
const isLastAdministrator = (error: unknown): boolean => hasCode(error, 'platform.last-administrator');
