import type { ServerResponse } from 'node:http';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyReply } from 'fastify';

/** Posts that one gateway may have under way: its three lanes, each with one that is being repeated. */
export const uplinkPostsPerGatewayMax = 6;
/** Posts under way in all: each holds up to two times `uplinkBatchBytesMax` in memory. */
export const uplinkPostsMax = 32;
const retryAfterSeconds = 1;

/** Lets so many posts in at once and tells the others when to come back. */
export interface Admission {
  /** Counts the post until its response is closed; throws 429 or 503 where there are too many. */
  admit(gatewayId: string, reply: FastifyReply): void;
}

export function createAdmission(): Admission {
  const underWay = new Map<string, number>();
  let total = 0;

  const countUntilClosed = (gatewayId: string, response: ServerResponse): void => {
    total += 1;
    underWay.set(gatewayId, (underWay.get(gatewayId) ?? 0) + 1);
    response.once('close', () => {
      total -= 1;
      const left = (underWay.get(gatewayId) ?? 1) - 1;
      if (left === 0) {
        underWay.delete(gatewayId);
      } else {
        underWay.set(gatewayId, left);
      }
    });
  };

  return {
    admit(gatewayId, reply) {
      if ((underWay.get(gatewayId) ?? 0) >= uplinkPostsPerGatewayMax) {
        throw refused(429, 'gateways.too-many-posts', 'of this gateway', uplinkPostsPerGatewayMax);
      }
      if (total >= uplinkPostsMax) {
        throw refused(503, 'gateways.uplink-full', 'of all gateways', uplinkPostsMax);
      }
      countUntilClosed(gatewayId, reply.raw);
    },
  };
}

function refused(status: number, code: string, whose: string, limit: number): AndonError {
  return new AndonError({
    code,
    message: `The limit of ${limit} uplink posts ${whose} at once is reached.`,
    nextStep: `Send it again in ${retryAfterSeconds} s.`,
    status,
    details: { limit, retryAfterSeconds },
  });
}
