import { type Lane, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import type { AndonError } from '@andon/shared/kernel';
import { isDatabaseAway, isOfTheMoment, transactionCompanions } from '../platform/index.ts';
import type { UplinkPost } from './uplink.ts';

/** Stores posts of one lane, of which no two are of one gateway, and answers for each of them. */
export type StoreTogether = (lane: Lane, posts: readonly UplinkPost[]) => Promise<(number | AndonError)[]>;

/** Transactions at once: the fewer there are, the more is shared; beside one that waits for a lock another goes on. */
const storersOfLane: Readonly<Record<Lane, number>> = { alerts: 2, readings: 3, history: 2 };

interface Waiting extends UplinkPost {
  readonly resolve: (acked: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores posts of many gateways together: what came while a transaction ran goes into the next one. So a post that
 * comes alone is stored at once, and in a rush the statements, the commit and its sync are shared. A transaction holds
 * as many records as one gateway may send. Where it fails, each of its posts is stored by itself, so that one gateway's
 * trouble is no other's.
 */
export function createUplinkGathering(
  store: StoreTogether,
  storers: Readonly<Record<Lane, number>> = storersOfLane,
): (post: UplinkPost) => Promise<number> {
  const lines = new Map<Lane, (post: Waiting) => void>();
  return (post) =>
    new Promise((resolve, reject) => {
      const { lane } = post.batch;
      const line = lines.get(lane) ?? createLine((posts) => store(lane, posts), storers[lane]);
      lines.set(lane, line);
      line({ ...post, resolve, reject });
    });
}

/** So many posts are let in at once; those of clients that gave up meanwhile are stored in their turn, too. */
function createLine(
  store: (posts: readonly UplinkPost[]) => Promise<(number | AndonError)[]>,
  storersMax: number,
): (post: Waiting) => void {
  let waiting: Waiting[] = [];
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
    const posts = [...taken.values()];
    waiting = waiting.filter((post) => taken.get(post.gatewayId) !== post);
    return posts;
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

  return (post) => {
    waiting.push(post);
    goOn();
  };
}

/** Settles every post; never rejects. What failed for a reason of the moment, as a deadlock, is tried together again. */
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
    if (posts.length === 1 || isDatabaseAway(error)) {
      for (const post of posts) {
        post.reject(error);
      }
    } else if (isOfTheMoment(error) && !isSecondTry) {
      await storeAll(store, posts, true);
    } else {
      await Promise.all(posts.map((post) => storeAll(store, [post])));
    }
  }
}
