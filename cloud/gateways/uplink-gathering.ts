import { type Lane, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { isDatabaseAway, isOfTheMoment, transactionCompanions } from '../platform/index.ts';
import { refused, uplinkPostsMax } from './admission.ts';
import type { UplinkPost } from './uplink.ts';

/** Stores posts of one lane, of which no two are of one gateway, and answers for each of them. */
export type StoreTogether = (lane: Lane, posts: readonly UplinkPost[]) => Promise<(number | AndonError)[]>;

/** Transactions at once: the fewer there are, the more is shared; beside one that waits for a lock another goes on. */
const storersOfLane: Readonly<Record<Lane, number>> = { alerts: 2, readings: 3, history: 2 };

/** With the time before it is let in, far less than the half minute after which a gateway gives a request up. */
const uplinkStoringMillisecondsMax = 10_000;
/** Posts of one lane that wait to be stored: those that are let in, and as many whose clients gave up meanwhile. */
const uplinkPostsGatheredMax = 2 * uplinkPostsMax;
const retryAfterSeconds = 2;

export interface GatheringLimits {
  readonly storers: Readonly<Record<Lane, number>>;
  readonly storingMillisecondsMax: number;
  readonly postsMax: number;
}
const usualLimits: GatheringLimits = {
  storers: storersOfLane,
  storingMillisecondsMax: uplinkStoringMillisecondsMax,
  postsMax: uplinkPostsGatheredMax,
};

interface Waiting extends UplinkPost {
  /** Whoever sent it was told already: late, or how it ended. */
  isAnswered(): boolean;
  readonly resolve: (acked: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores posts of many gateways together: what came while a transaction ran goes into the next one. So a post that
 * comes alone is stored at once, and in a rush the statements, the commit and its sync are shared. A transaction holds
 * as many records as one gateway may send. Where it fails, each of its posts is stored by itself, so that one gateway's
 * trouble is no other's.
 *
 * `before` is what has to end well before a post is stored; its time counts. A post that is late is answered with 503.
 * One that waits is stored no more. One that is being stored may yet be kept,
 * whole: when its gateway sends it again, that waits until the first is over, and finds its numbers taken.
 */
export function createUplinkGathering(
  store: StoreTogether,
  limits: GatheringLimits = usualLimits,
): (post: UplinkPost, before?: () => Promise<void>) => Promise<number> {
  const lines = new Map<Lane, Line>();
  return (post, before) =>
    new Promise((resolve, reject) => {
      const { lane } = post.batch;
      const line = lines.get(lane) ?? createLine((posts) => store(lane, posts), limits.storers[lane]);
      lines.set(lane, line);
      const late = Promise.withResolvers<void>();
      const waiting = withDeadline(post, { resolve, reject }, limits.storingMillisecondsMax, () => {
        line.leave(waiting);
        late.resolve();
      });
      const take = (): void => {
        if (waiting.isAnswered()) {
          return;
        }
        if (line.length() >= limits.postsMax) {
          waiting.reject(
            refused(503, 'gateways.uplink-line-full', 'that wait to be stored', limits.postsMax),
          );
          return;
        }
        line.take(waiting);
      };
      if (before === undefined) {
        take();
      } else {
        // A race, so that what is still under way after the deadline does not keep the post in memory.
        void Promise.race([before(), late.promise]).then(take, waiting.reject);
      }
    });
}

function withDeadline(
  post: UplinkPost,
  { resolve, reject }: Pick<Waiting, 'resolve' | 'reject'>,
  millisecondsMax: number,
  onLate: () => void,
): Waiting {
  let isAnswered = false;
  const answer = (say: () => void): void => {
    isAnswered = true;
    clearTimeout(timer);
    say();
  };
  const timer = setTimeout(() => {
    onLate();
    answer(() => reject(storedTooSlowly(millisecondsMax)));
  }, millisecondsMax);
  return {
    ...post,
    isAnswered: () => isAnswered,
    resolve: (acked) => answer(() => resolve(acked)),
    reject: (error) => answer(() => reject(error)),
  };
}

function storedTooSlowly(millisecondsMax: number): AndonError {
  return new AndonError({
    code: 'gateways.uplink-slow',
    message: `The post was not stored within ${millisecondsMax / 1000} s.`,
    nextStep: `Send it again in ${retryAfterSeconds} s; what is stored by then is not stored twice.`,
    status: 503,
    details: { retryAfterSeconds },
  });
}

interface Line {
  length(): number;
  take(post: Waiting): void;
  /** Where it is being stored already, it stays. */
  leave(post: Waiting): void;
}

/** Posts of clients that gave up meanwhile are stored in their turn, too, as long as they are not late. */
function createLine(
  store: (posts: readonly UplinkPost[]) => Promise<(number | AndonError)[]>,
  storersMax: number,
): Line {
  const waiting = new Set<Waiting>();
  let storers = 0;
  const beingStored = new Set<string>();

  const next = (): Waiting[] => {
    const taken = new Map<string, Waiting>();
    let records = 0;
    for (const post of waiting) {
      const { gatewayId, batch } = post;
      if (taken.has(gatewayId) || beingStored.has(gatewayId)) {
        continue;
      }
      records += batch.records.length;
      if (taken.size > 0 && records > uplinkBatchRecordsMax) {
        break;
      }
      taken.set(gatewayId, post);
    }
    for (const post of taken.values()) {
      waiting.delete(post);
    }
    return [...taken.values()];
  };

  const goOn = (): void => {
    while (storers < storersMax) {
      const posts = next();
      if (posts.length === 0) {
        return;
      }
      storers += 1;
      for (const { gatewayId } of posts) {
        beingStored.add(gatewayId);
      }
      // What accompanies one request has no part in the transaction of many.
      void transactionCompanions
        .exit(() => storeAll(store, posts))
        .finally(() => {
          storers -= 1;
          for (const { gatewayId } of posts) {
            beingStored.delete(gatewayId);
          }
          goOn();
        });
    }
  };

  return {
    length: () => waiting.size,
    take(post) {
      waiting.add(post);
      goOn();
    },
    leave: (post) => waiting.delete(post),
  };
}

/**
 * Settles every post; never rejects. What failed for a reason of the moment, as a deadlock, is tried together again.
 * What was late meanwhile is tried no more.
 */
async function storeAll(
  store: (posts: readonly UplinkPost[]) => Promise<(number | AndonError)[]>,
  posts: readonly Waiting[],
  isSecondTry = false,
): Promise<void> {
  try {
    const answers = await store(posts);
    for (const [index, post] of posts.entries()) {
      const answer = answers[index];
      if (typeof answer === 'number') {
        post.resolve(answer);
      } else {
        post.reject(answer ?? new Error(`the post of ${post.gatewayId} was not answered`));
      }
    }
  } catch (error) {
    const left = posts.filter((post) => !post.isAnswered());
    if (posts.length === 1 || isDatabaseAway(error)) {
      for (const post of left) {
        post.reject(error);
      }
    } else if (isOfTheMoment(error) && !isSecondTry && left.length > 0) {
      await storeAll(store, left, true);
    } else {
      await Promise.all(left.map((post) => storeAll(store, [post])));
    }
  }
}
