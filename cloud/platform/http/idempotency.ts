import { createHash } from 'node:crypto';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BackgroundTask } from '../background.ts';
import type { App, Platform } from '../capability.ts';
import { sql, type Transaction, type TransactionCompanion, transactionCompanions } from '../database.ts';
import { seal, unseal } from './sealed-answer.ts';

declare module 'fastify' {
  interface FastifyRequest {
    idempotencyClaim: Claim | undefined;
  }
}

const keepMilliseconds = 24 * 3_600_000;
const keyCharactersMax = 200;
/** An answer follows its effect within this time; after that, whoever was to answer is most likely gone. */
const answerWithinMilliseconds = 10_000;

interface Claim extends TransactionCompanion {
  readonly request: KeyedRequest;
  readonly isCommitted: () => boolean;
}

interface KeyedRequest {
  readonly actor: string;
  readonly key: string;
  readonly route: string;
  readonly body: Buffer;
}

interface Former {
  route: string;
  body_sha256: Buffer;
  status: number | null;
  content_type: string | null;
  sealed_answer: Buffer | null;
  created_at: Date;
}

/**
 * A POST that carries an Idempotency-Key has one effect, however often and wherever it is sent: the key is committed in
 * the transaction of the effect, so that neither is there without the other, whatever is killed. The answer is kept
 * for a day, and a repetition gets it. Of requests at once the later wait for the first, and are told to come back
 * (409). The key with another body or at another route is refused (422). A request that failed had no effect, and may
 * be sent again.
 */
export function honourIdempotencyKeys(app: App, platform: Platform): void {
  app.decorateRequest('idempotencyClaim', undefined);
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined || request.principal === undefined) {
      return;
    }
    if (typeof key !== 'string' || key === '' || key.length > keyCharactersMax) {
      throw keyRefused(
        'platform.invalid-idempotency-key',
        `An Idempotency-Key has 1 to ${keyCharactersMax} characters.`,
      );
    }
    const keyed: KeyedRequest = {
      actor: request.principal.actor,
      key,
      route: `${request.method} ${request.url}`,
      body: sha256(JSON.stringify(request.body ?? null)),
    };
    const former = await findFormer(platform, keyed);
    if (former !== undefined) {
      return repeatAnswer(reply, keyed, former, platform.clock.now());
    }
    request.idempotencyClaim = createClaim(platform, keyed);
  });
  // With a callback, for what runs inside of it has the companion.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.idempotencyClaim === undefined) {
      done();
    } else {
      transactionCompanions.run(request.idempotencyClaim, done);
    }
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.idempotencyClaim?.isCommitted()) {
      await keepAnswer(platform, request, reply, payload);
    }
    return payload;
  });
}

function createClaim(platform: Platform, request: KeyedRequest): Claim {
  let committed = false;
  return {
    request,
    isCommitted: () => committed,
    committed() {
      committed = true;
    },
    async begin(transaction) {
      if (!committed) {
        await claim(platform, transaction, request);
      }
    },
  };
}

/** Waits here while another request with the key is at work. */
async function claim(platform: Platform, transaction: Transaction, request: KeyedRequest): Promise<void> {
  const now = platform.clock.now();
  const claimed = await sql`
    insert into idempotency_keys (actor, key_sha256, route, body_sha256, created_at)
    values (${request.actor}, ${sha256(request.key)}, ${request.route}, ${request.body}, ${new Date(now)})
    on conflict (actor, key_sha256) do update set route = excluded.route, body_sha256 = excluded.body_sha256,
      created_at = excluded.created_at, status = null, content_type = null, sealed_answer = null
    where idempotency_keys.created_at < ${new Date(now - keepMilliseconds)}
    returning 1`.execute(transaction);
  if (claimed.rows.length === 0) {
    throw requestAtWork();
  }
}

async function findFormer(platform: Platform, request: KeyedRequest): Promise<Former | undefined> {
  const { rows } = await sql<Former>`
    select route, body_sha256, status, content_type, sealed_answer, created_at from idempotency_keys
    where actor = ${request.actor} and key_sha256 = ${sha256(request.key)}
      and created_at >= ${new Date(platform.clock.now() - keepMilliseconds)}`.execute(platform.database);
  return rows[0];
}

function repeatAnswer(reply: FastifyReply, request: KeyedRequest, former: Former, now: number): FastifyReply {
  if (former.route !== request.route || !former.body_sha256.equals(request.body)) {
    throw keyRefused('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
  }
  if (former.status === null) {
    throw now - former.created_at.getTime() < answerWithinMilliseconds ? requestAtWork() : answerLost();
  }
  return reply
    .status(former.status)
    .header('idempotency-replayed', 'true')
    .type(former.content_type ?? 'application/json; charset=utf-8')
    .send(former.sealed_answer === null ? null : unseal(request.key, former.sealed_answer));
}

async function keepAnswer(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const keyed = request.idempotencyClaim?.request;
  request.idempotencyClaim = undefined;
  if (keyed === undefined) {
    return;
  }
  const contentType = reply.getHeader('content-type');
  const sealed =
    typeof payload === 'string' && payload !== '' ? seal(platform.random, keyed.key, payload) : null;
  await sql`update idempotency_keys
    set status = ${reply.statusCode}, content_type = ${contentType === undefined ? null : String(contentType)},
      sealed_answer = ${sealed}
    where actor = ${keyed.actor} and key_sha256 = ${sha256(keyed.key)}`
    .execute(platform.database)
    .catch((error: unknown) => {
      // The effect is there and the caller gets this answer; only a repetition would miss it.
      request.log.warn({ err: error }, 'the answer to an Idempotency-Key could not be kept');
    });
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

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function requestAtWork(): AndonError {
  return new AndonError({
    code: 'platform.request-at-work',
    message: 'The first request with this Idempotency-Key is at work.',
    nextStep: 'Send it again in a moment for the answer.',
    field: 'Idempotency-Key',
    status: 409,
    details: { retryAfterSeconds: 1 },
  });
}

function answerLost(): AndonError {
  return new AndonError({
    code: 'platform.answer-lost',
    message: 'The request with this Idempotency-Key had its effect, but its answer is not there.',
    nextStep: 'Look for what it made; do not send it with another key.',
    field: 'Idempotency-Key',
    status: 409,
  });
}

function keyRefused(code: string, message: string): AndonError {
  return new AndonError({
    code,
    message,
    nextStep: 'Make a new key for each new request, and send it again with each repetition.',
    field: 'Idempotency-Key',
    status: 422,
  });
}
