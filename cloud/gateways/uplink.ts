import type { Gap, Lane, Rejection, UplinkRecord } from '@andon/shared/contracts';
import type { AndonError } from '@andon/shared/kernel';
import { inTransaction, type Platform } from '../platform/index.ts';
import { advanceLanes } from './lanes.ts';
import { storeGaps, storeRejections } from './losses.ts';
import { gatewayByGateway, type UplinkHandler, type UplinkRecords } from './ports.ts';
import type { CheckedBatch } from './uplink-batch.ts';

/** What one gateway sent in one request. */
export interface UplinkPost {
  readonly gatewayId: string;
  readonly batch: CheckedBatch;
}

/**
 * Stores what is new of batches of one lane, of which no two are of one gateway, and advances it for each, in one
 * transaction. Answers in the order of the posts up to which number everything is stored, or why one is refused.
 */
export async function storeBatches(
  platform: Platform,
  handlers: readonly UplinkHandler[],
  lane: Lane,
  posts: readonly UplinkPost[],
): Promise<(number | AndonError)[]> {
  const receivedAt = new Date(platform.clock.now());
  const ordered = [...posts].sort((one, other) => (one.gatewayId < other.gatewayId ? -1 : 1));
  return inTransaction(platform.database, async (transaction) => {
    const positions = ordered.map(({ gatewayId, batch }) => ({
      gatewayId,
      ...batch,
      count: batch.records.length,
    }));
    const advanced = await advanceLanes(transaction, positions, receivedAt);
    const fresh = ordered.flatMap(({ gatewayId, batch }) => {
      const answer = advanced.get(gatewayId);
      return answer === undefined || 'refused' in answer
        ? []
        : [{ gatewayId, records: batch.records.slice(answer.skip) }];
    });
    for (const { handler, batches } of roundsOf(fresh, [lossHandler(lane), ...handlers])) {
      await handler.handle(transaction, { lane, receivedAt, batches });
    }
    return posts.map(({ gatewayId }) => {
      const answer = advanced.get(gatewayId);
      if (answer === undefined) {
        throw new Error(`the lane of ${gatewayId} was not advanced`);
      }
      return 'refused' in answer ? answer.refused : answer.acked;
    });
  });
}

interface Run {
  handler: UplinkHandler;
  records: UplinkRecord[];
}

/** Cuts the records where the handler changes: each handler gets as many at once as the lane's order allows. */
function runsOf(
  records: readonly UplinkRecord[],
  handlerOf: ReadonlyMap<string, UplinkHandler>,
): readonly Run[] {
  const runs: Run[] = [];
  for (const record of records) {
    const handler = handlerOf.get(record.type);
    if (handler === undefined) {
      throw new Error(`no capability stores records of the type ${record.type}`);
    }
    const run = runs.at(-1);
    if (run?.handler === handler) {
      run.records.push(record);
    } else {
      runs.push({ handler, records: [record] });
    }
  }
  return runs;
}

interface Round {
  readonly handler: UplinkHandler;
  readonly batches: UplinkRecords[];
}

/** The first runs of all gateways, then the second, and so on: what belongs to one handler is given to it at once. */
export function roundsOf(
  batches: readonly UplinkRecords[],
  handlers: readonly UplinkHandler[],
): readonly Round[] {
  const handlerOf = new Map<string, UplinkHandler>(
    handlers.flatMap((handler) => handler.recordTypes.map((type) => [type, handler] as const)),
  );
  const runsOfEach = batches.map(({ gatewayId, records }) => ({
    gatewayId,
    runs: runsOf(records, handlerOf),
  }));
  const longest = Math.max(0, ...runsOfEach.map(({ runs }) => runs.length));
  const rounds: Round[] = [];
  for (let index = 0; index < longest; index += 1) {
    const ofHandler = new Map<UplinkHandler, UplinkRecords[]>();
    for (const { gatewayId, runs } of runsOfEach) {
      const run = runs[index];
      if (run !== undefined) {
        const own = ofHandler.get(run.handler) ?? [];
        ofHandler.set(run.handler, own);
        own.push({ gatewayId, records: run.records });
      }
    }
    rounds.push(...[...ofHandler].map(([handler, own]) => ({ handler, batches: own })));
  }
  return rounds;
}

/** Gaps and rejections are the gateway's own story and are kept here. */
function lossHandler(lane: Lane): UplinkHandler {
  return {
    recordTypes: ['gap', 'rejection'],
    handle: gatewayByGateway(async (transaction, { gatewayId, records, receivedAt }) => {
      const gaps = records.filter((record): record is Gap => record.type === 'gap');
      const rejections = records.filter((record): record is Rejection => record.type === 'rejection');
      await storeGaps(transaction, { gatewayId, lane, receivedAt }, gaps);
      await storeRejections(transaction, { gatewayId, receivedAt }, rejections);
    }),
  };
}
