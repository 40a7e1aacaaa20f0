import { AndonError } from '@andon/shared/kernel';
import rateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../capability.ts';

/** How many requests one address may send in a window of time. Limits of one name are counted together. */
export interface RequestLimit {
  readonly name: string;
  readonly max: number;
  readonly windowMilliseconds: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In the place of the limit that holds everywhere; false: none. */
    requestLimit?: RequestLimit | false;
  }
}

const everywhere: RequestLimit = { name: 'requests', max: 2000, windowMilliseconds: 10_000 };

type Limiter = ReturnType<App['createRateLimit']>;

/**
 * Counts requests by address before anybody is asked who they are, so that guessing keys is counted too. Each answer
 * names its limit, what is left of it, and when it begins anew (draft-ietf-httpapi-ratelimit-headers-10).
 */
export async function limitRates(app: App): Promise<void> {
  await app.register(rateLimit, { global: false });
  const limiters = new Map<string, Limiter>();
  const limiterOf = (limit: RequestLimit): Limiter => {
    const known = limiters.get(limit.name);
    if (known !== undefined) {
      return known;
    }
    const made = app.createRateLimit({ max: limit.max, timeWindow: limit.windowMilliseconds });
    limiters.set(limit.name, made);
    return made;
  };
  app.addHook('onRequest', async (request, reply) => {
    const limit = request.routeOptions.config.requestLimit ?? everywhere;
    if (limit !== false) {
      await count(request, reply, limit, limiterOf(limit));
    }
  });
}

async function count(
  request: FastifyRequest,
  reply: FastifyReply,
  limit: RequestLimit,
  limiter: Limiter,
): Promise<void> {
  const counted = await limiter(request);
  if (counted.isAllowed) {
    return;
  }
  const { remaining, ttlInSeconds, isExceeded } = counted;
  const windowSeconds = Math.ceil(limit.windowMilliseconds / 1000);
  reply.header('ratelimit-policy', `"${limit.name}";q=${limit.max};w=${windowSeconds}`);
  reply.header('ratelimit', `"${limit.name}";r=${remaining};t=${ttlInSeconds}`);
  if (isExceeded) {
    throw new AndonError({
      code: 'platform.too-many-requests',
      message: `The limit "${limit.name}" of ${limit.max} requests in ${windowSeconds} s is reached for this address.`,
      nextStep: `Come back in ${ttlInSeconds} s.`,
      status: 429,
      details: { limitName: limit.name, limit: limit.max, retryAfterSeconds: ttlInSeconds },
    });
  }
}
