import type { ServerResponse } from 'node:http';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyReply } from 'fastify';

/** Posts that one gateway may have under way: its three lanes, each with one that is being repeated. */
export const uplinkPostsPerGatewayMax = 6;
/** Posts under way in all: each holds up to two times `uplinkBatchBytesMax` in memory. */
export const uplinkPostsMax = 32;
/** Posts that wait for their turn. Nothing of their bodies is read meanwhile. */
export const uplinkPostsWaitingMax = 512;
/** Far less than the half minute after which a gateway gives a request up. */
export const uplinkPostWaitsMillisecondsMax = 5000;
const retryAfterSeconds = 1;

/** Lets so many posts in at once, has as many as is reasonable wait, and tells the others when to come back. */
export interface Admission {
  /**
   * Resolves when the post may go on, and counts it until its response is closed. Rejects with 429 or 503 where there are
   * too many, or its turn does not come in time.
   */
  admit(gatewayId: string, reply: Pick<FastifyReply, 'raw'>): Promise<void>;
}

interface Waiting {
  readonly proceed: () => void;
  readonly timer: NodeJS.Timeout;
}

export function createAdmission(): Admission {
  const ofGateway = new Map<string, number>();
  /** In the order of arrival. */
  const line = new Set<Waiting>();
  let total = 0;

  const countUntilClosed = (gatewayId: string, response: ServerResponse): void => {
    ofGateway.set(gatewayId, (ofGateway.get(gatewayId) ?? 0) + 1);
    response.once('close', () => {
      const left = (ofGateway.get(gatewayId) ?? 1) - 1;
      if (left === 0) {
        ofGateway.delete(gatewayId);
      } else {
        ofGateway.set(gatewayId, left);
      }
    });
  };

  const goOn = (response: ServerResponse): void => {
    total += 1;
    response.once('close', () => {
      total -= 1;
      const [next] = line;
      next?.proceed();
    });
  };

  const turn = (response: ServerResponse): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(waiting.timer);
        line.delete(waiting);
        response.off('close', leave);
      };
      const waiting: Waiting = {
        proceed: () => {
          leave();
          goOn(response);
          resolve();
        },
        timer: setTimeout(() => {
          leave();
          reject(full());
        }, uplinkPostWaitsMillisecondsMax),
      };
      // Whoever hung up has nothing to be told; the request ends with its connection.
      response.once('close', leave);
      line.add(waiting);
    });

  return {
    async admit(gatewayId, { raw: response }) {
      if ((ofGateway.get(gatewayId) ?? 0) >= uplinkPostsPerGatewayMax) {
        throw refused(429, 'gateways.too-many-posts', 'of this gateway', uplinkPostsPerGatewayMax);
      }
      if (total < uplinkPostsMax) {
        countUntilClosed(gatewayId, response);
        goOn(response);
        return;
      }
      if (line.size >= uplinkPostsWaitingMax) {
        throw full();
      }
      countUntilClosed(gatewayId, response);
      await turn(response);
    },
  };
}

const full = (): AndonError => refused(503, 'gateways.uplink-full', 'of all gateways', uplinkPostsMax);

/** One more than the limit of posts that may be there at once. */
export function refused(status: number, code: string, whose: string, limit: number): AndonError {
  return new AndonError({
    code,
    message: `The limit of ${limit} uplink posts ${whose} at once is reached.`,
    nextStep: `Send it again in ${retryAfterSeconds} s.`,
    status,
    details: { limit, retryAfterSeconds },
  });
}
