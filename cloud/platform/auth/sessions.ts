import type { CookieSerializeOptions } from '@fastify/cookie';
import {
  type Authenticator,
  type Permission,
  type Principal,
  permissionsOfRole,
  type Role,
} from '../authorization.ts';
import type { Platform } from '../capability.ts';
import type { Transaction } from '../database.ts';
import { newToken, sha256 } from './secrets.ts';
import type { AuthTables } from './tables.ts';

export const sessionCookie = 'andon_session';
const hour = 3_600_000;
const idleMillisecondsMax = 12 * hour;
const ageMillisecondsMax = 7 * 24 * hour;
/** A session's last use is written down at most this often. */
const touchEveryMilliseconds = 60_000;

export function cookieOptions(publicUrl: string): CookieSerializeOptions {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl.startsWith('https:'),
    maxAge: ageMillisecondsMax / 1000,
  };
}

/** Opens a session; the token goes into the cookie and is stored nowhere. */
export async function openSession(
  platform: Platform,
  transaction: Transaction,
  userId: string,
): Promise<string> {
  const token = newToken(platform.random);
  const now = platform.clock.now();
  await transaction
    .withTables<AuthTables>()
    .insertInto('sessions')
    .values({
      id: platform.newId(),
      token_sha256: sha256(token),
      user_id: userId,
      created_at: new Date(now),
      last_used_at: new Date(now),
      expires_at: new Date(now + ageMillisecondsMax),
    })
    .execute();
  return token;
}

export async function closeSession(platform: Platform, token: string): Promise<void> {
  await platform.database
    .withTables<AuthTables>()
    .deleteFrom('sessions')
    .where('token_sha256', '=', sha256(token))
    .execute();
}

/** Sessions that are over are removed; they would not be accepted anyhow. */
export async function removeExpiredSessions(platform: Platform): Promise<number> {
  const result = await platform.database
    .withTables<AuthTables>()
    .deleteFrom('sessions')
    .where((where) =>
      where.or([
        where('expires_at', '<=', new Date(platform.clock.now())),
        where('last_used_at', '<=', new Date(platform.clock.now() - idleMillisecondsMax)),
      ]),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export function sessionAuthenticator(platform: Platform): Authenticator {
  return async (request) => {
    const token = request.cookies[sessionCookie];
    if (token === undefined || token.length > 100) {
      return undefined;
    }
    const now = platform.clock.now();
    const database = platform.database.withTables<AuthTables>();
    const found = await database
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['sessions.id as session_id', 'last_used_at', 'users.id', 'users.name', 'users.role'])
      .where('token_sha256', '=', sha256(token))
      .where('expires_at', '>', new Date(now))
      .where('last_used_at', '>', new Date(now - idleMillisecondsMax))
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    if (found === undefined) {
      return undefined;
    }
    if (now - found.last_used_at.getTime() > touchEveryMilliseconds) {
      await database
        .updateTable('sessions')
        .set({ last_used_at: new Date(now) })
        .where('id', '=', found.session_id)
        .execute();
    }
    return principalWithRole('user', found);
  };
}

export function principalWithRole(
  kind: 'user' | 'api-key',
  record: { id: string; name: string; role: Role },
): Principal {
  const permissions: ReadonlySet<Permission> = permissionsOfRole[record.role];
  return {
    actor: `${kind}:${record.id}`,
    kind,
    id: record.id,
    name: record.name,
    role: record.role,
    permissions,
  };
}
