import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authenticator, type Principal, permissionsOfRole } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { sql, type Transaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { newToken, sha256 } from './secrets.ts';
import type { AuthTables, SignInMeans } from './tables.ts';

export const sessionCookie = 'andon_session';
const hour = 3_600_000;
const idleMillisecondsMax = 12 * hour;
const ageMillisecondsMax = 7 * 24 * hour;
/** Whom a provider does not know any more is out within a day. */
const vouchedMillisecondsMax = 24 * hour;
/** A session's last use is written down at most this often. */
const touchEveryMilliseconds = 60_000;
const tokenCharactersMax = 100;
const deviceCharactersMax = 300;

/** Where a request comes from, as its session will say. */
export interface Browser {
  readonly device: string;
  readonly address: string;
}

export function browserOf(request: FastifyRequest): Browser {
  return {
    device: (request.headers['user-agent'] ?? '').slice(0, deviceCharactersMax),
    address: request.ip,
  };
}

/**
 * Behind TLS the name has the prefix for which browsers promise that it was set by us, for this host alone: another
 * host of the same domain cannot slip in a session of its own (RFC 6265bis, 4.1.3.2).
 */
export function cookieName(publicUrl: string, name: string): string {
  return publicUrl.startsWith('https:') ? `__Host-${name}` : name;
}

/** `Secure` also where a trusted proxy says that the browser came by TLS. */
export function cookieOptions(platform: Platform, request: FastifyRequest): CookieSerializeOptions {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: platform.publicUrl.startsWith('https:') || request.protocol === 'https',
  };
}

export function giveSessionCookie(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): void {
  reply.setCookie(cookieName(platform.publicUrl, sessionCookie), token, {
    ...cookieOptions(platform, request),
    maxAge: ageMillisecondsMax / 1000,
  });
}

export function takeSessionCookie(platform: Platform, request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(platform.publicUrl, sessionCookie), cookieOptions(platform, request));
}

export function sessionTokenOf(platform: Platform, request: FastifyRequest): string | undefined {
  const token = request.cookies[cookieName(platform.publicUrl, sessionCookie)];
  return token === undefined || token.length > tokenCharactersMax ? undefined : token;
}

/**
 * Opens a session; the token goes into the cookie and is stored nowhere. It is a new one each time, and the session
 * that the browser came with is over: nobody can be made to sign in to a session that somebody else knows.
 */
export async function openSession(
  platform: Platform,
  transaction: Transaction,
  opened: { userId: string; by: SignInMeans; browser: Browser; formerToken?: string | undefined },
): Promise<string> {
  const token = newToken(platform.random);
  const now = platform.clock.now();
  const tables = transaction.withTables<AuthTables>();
  if (opened.formerToken !== undefined) {
    await tables.deleteFrom('sessions').where('token_sha256', '=', sha256(opened.formerToken)).execute();
  }
  await tables
    .insertInto('sessions')
    .values({
      id: platform.newId(),
      token_sha256: sha256(token),
      user_id: opened.userId,
      created_at: new Date(now),
      last_used_at: new Date(now),
      expires_at: new Date(
        now + (opened.by === 'openid-connect' ? vouchedMillisecondsMax : ageMillisecondsMax),
      ),
      device: opened.browser.device,
      address: opened.browser.address,
      opened_by: opened.by,
    })
    .execute();
  await tables
    .updateTable('users')
    .set({ last_signed_in_at: new Date(now) })
    .where('id', '=', opened.userId)
    .execute();
  await appendEvent(transaction, {
    type: 'user.signed-in',
    key: opened.userId,
    payload: { userId: opened.userId, by: opened.by, ...opened.browser },
    actor: `user:${opened.userId}`,
    occurredAt: new Date(now),
  });
  return token;
}

/** Which sessions of a user are meant: one, all but one, or all. */
export interface SessionChoice {
  readonly userId: string;
  readonly only?: string;
  readonly except?: string | undefined;
}

/** Ends sessions; answers how many. Their live streams end by the event, which the others survive by coming again. */
export async function endSessions(
  platform: Platform,
  transaction: Transaction,
  { userId, only, except }: SessionChoice,
  actor: string,
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    delete from sessions where user_id = ${userId}
      ${only === undefined ? sql`` : sql`and id = ${only}`}
      ${except === undefined ? sql`` : sql`and id <> ${except}`}
    returning id`.execute(transaction);
  if (rows.length > 0) {
    await appendEvent(transaction, {
      type: 'session.ended',
      key: userId,
      payload: { userId, sessions: rows.length },
      actor,
      occurredAt: new Date(platform.clock.now()),
    });
  }
  return rows.length;
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
    const token = sessionTokenOf(platform, request);
    if (token === undefined) {
      return undefined;
    }
    const now = platform.clock.now();
    const database = platform.database.withTables<AuthTables>();
    const found = await database
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select([
        'sessions.id as session_id',
        'last_used_at',
        'expires_at',
        'users.id',
        'users.name',
        'users.role',
      ])
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
    return {
      actor: `user:${found.id}`,
      kind: 'user',
      id: found.id,
      name: found.name,
      role: found.role,
      permissions: permissionsOfRole[found.role],
      sessionId: found.session_id,
      endsAt: Math.min(found.expires_at.getTime(), now + idleMillisecondsMax),
    } satisfies Principal;
  };
}
