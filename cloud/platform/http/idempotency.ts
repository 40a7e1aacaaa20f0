import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BackgroundTask } from '../background.ts';
import type { App, Platform } from '../capability.ts';
import { sql } from '../database.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The claim that this request holds on its Idempotency-Key. */
    idempotencyClaim: { actor: string; key: string } | undefined;
  }
}

const keepMilliseconds = 24 * 3_600_000;
/** No request works longer than this; a claim that is older was left by a process that was killed. */
const claimMillisecondsMax = 120_000;
const keyCharactersMax = 200;

/**
 * A POST that carries an Idempotency-Key has one effect and one answer, however often it is sent: the first request
 * claims the key, and its answer is kept for a day. A repetition gets that answer; while the first is at work, it is
 * told to come back (409). The key with another body or at another route is refused (422). Answers of 5xx and 429 are
 * not kept, for the same request may succeed next time.
 */
export function honourIdempotencyKeys(app: App, platform: Platform): void {
  app.decorateRequest('idempotencyClaim', undefined);
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined || request.principal === undefined) {
      return;
    }
    if (typeof key !== 'string' || key === '' || key.length > keyCharactersMax) {
      throw refused(
        'platform.invalid-idempotency-key',
        `An Idempotency-Key has 1 to ${keyCharactersMax} characters.`,
      );
    }
    return claimOrRepeat(platform, request, reply, key);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotencyClaim;
    if (claim !== undefined) {
      request.idempotencyClaim = undefined;
      await keepAnswer(platform, claim, reply, payload);
    }
    return payload;
  });
}

async function claimOrRepeat(platform: Platform, request: FastifyRequest, reply: FastifyReply, key: string) {
  const actor = request.principal?.actor ?? '';
  const route = `${request.method} ${request.url}`;
  const body = createHash('sha256')
    .update(JSON.stringify(request.body ?? null))
    .digest();
  const now = platform.clock.now();
  const claimed = await sql`
    insert into idempotency_keys (actor, key_sha256, route, body_sha256, created_at)
    values (${actor}, ${sha256(key)}, ${route}, ${body}, ${new Date(now)})
    on conflict (actor, key_sha256) do update set route = excluded.route, body_sha256 = excluded.body_sha256,
      created_at = excluded.created_at, status = null, content_type = null, sealed_answer = null
    where idempotency_keys.created_at < ${new Date(now - keepMilliseconds)}
    returning 1`.execute(platform.database);
  if (claimed.rows.length === 1) {
    request.idempotencyClaim = { actor, key };
    return;
  }
  const { rows } = await sql<{
    route: string;
    body_sha256: Buffer;
    status: number | null;
    content_type: string | null;
    sealed_answer: Buffer | null;
    created_at: Date;
  }>`select route, body_sha256, status, content_type, sealed_answer, created_at from idempotency_keys
    where actor = ${actor} and key_sha256 = ${sha256(key)}`.execute(platform.database);
  const former = rows[0];
  if (former === undefined) {
    throw atWork('The first request with this Idempotency-Key has just failed.', 1);
  }
  if (former.route !== route || !former.body_sha256.equals(body)) {
    throw refused('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
  }
  if (former.status === null) {
    throw now - former.created_at.getTime() > claimMillisecondsMax
      ? outcomeUnknown()
      : atWork('The first request with this Idempotency-Key is still at work.', 1);
  }
  return reply
    .status(former.status)
    .header('idempotency-replayed', 'true')
    .type(former.content_type ?? 'application/json; charset=utf-8')
    .send(former.sealed_answer === null ? null : unseal(key, former.sealed_answer));
}

async function keepAnswer(
  platform: Platform,
  claim: { actor: string; key: string },
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  if (reply.statusCode >= 500 || reply.statusCode === 429) {
    await sql`delete from idempotency_keys where actor = ${claim.actor} and key_sha256 = ${sha256(claim.key)}`.execute(
      platform.database,
    );
    return;
  }
  const contentType = reply.getHeader('content-type');
  await sql`update idempotency_keys
    set status = ${reply.statusCode}, content_type = ${contentType === undefined ? null : String(contentType)},
      sealed_answer = ${typeof payload === 'string' && payload !== '' ? seal(platform, claim.key, payload) : null}
    where actor = ${claim.actor} and key_sha256 = ${sha256(claim.key)}`.execute(platform.database);
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const sealingKey = (key: string) => Buffer.from(hkdfSync('sha256', key, '', 'andon idempotency answer', 32));

function seal(platform: Platform, key: string, text: string): Buffer {
  const nonce = platform.random(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(key), nonce);
  const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
}

function unseal(key: string, sealed: Buffer): Buffer {
  const opening = createDecipheriv(cipher, sealingKey(key), sealed.subarray(0, nonceBytes));
  opening.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(sealed.subarray(nonceBytes + tagBytes)), opening.final()]);
}

/** Removes keys whose day is over. */
export function forgetIdempotencyKeys(platform: Platform): BackgroundTask {
  return {
    name: 'forget-idempotency-keys',
    everyMilliseconds: 600_000,
    run: async () => {
      await sql`delete from idempotency_keys
        where created_at < ${new Date(platform.clock.now() - keepMilliseconds)}`.execute(platform.database);
      return 0;
    },
  };
}

function refused(code: string, message: string): AndonError {
  return new AndonError({
    code,
    message,
    nextStep: 'Make a new key for each new request, and send it again with each repetition.',
    field: 'Idempotency-Key',
    status: 422,
  });
}

function atWork(message: string, retryAfterSeconds: number): AndonError {
  return new AndonError({
    code: 'platform.request-at-work',
    message,
    nextStep: 'Send it again in a moment.',
    field: 'Idempotency-Key',
    status: 409,
    details: { retryAfterSeconds },
  });
}

/** The process was killed between the effect and the answer: sending it blindly again could have the effect twice. */
function outcomeUnknown(): AndonError {
  return new AndonError({
    code: 'platform.outcome-unknown',
    message:
      'The first request with this Idempotency-Key was interrupted; whether it had its effect is not known.',
    nextStep: 'Look whether the effect is there; if it is not, send the request with a new key.',
    field: 'Idempotency-Key',
    status: 409,
  });
}
