import type { Gap, Rejection, UplinkRecord } from '@andon/shared/contracts';
import { inTransaction, type Platform, type Transaction } from '../platform/index.ts';
import { advanceLane } from './lanes.ts';
import { storeGaps, storeRejections } from './losses.ts';
import type { UplinkHandler } from './ports.ts';
import type { CheckedBatch } from './uplink-batch.ts';

/**
 * Stores what is new of a batch and advances its lane, in one transaction, and answers up to which number
 * everything is stored.
 */
export async function storeBatch(
  platform: Platform,
  handlers: readonly UplinkHandler[],
  gatewayId: string,
  batch: CheckedBatch,
): Promise<number> {
  const receivedAt = new Date(platform.clock.now());
  const position = { gatewayId, ...batch, count: batch.records.length };
  return inTransaction(platform.database, async (transaction) => {
    const { skip, acked } = await advanceLane(transaction, position, receivedAt);
    const ownHandler = lossHandler(batch.lane);
    for (const run of runsOf(batch.records.slice(skip), [ownHandler, ...handlers])) {
      await run.handler.handle(transaction, { gatewayId, records: run.records, receivedAt });
    }
    return acked;
  });
}

interface Run {
  handler: UplinkHandler;
  records: UplinkRecord[];
}

/** Cuts the records where the handler changes: each handler gets as many at once as the lane's order allows. */
export function runsOf(records: readonly UplinkRecord[], handlers: readonly UplinkHandler[]): Run[] {
  const handlerOf = new Map<string, UplinkHandler>(
    handlers.flatMap((handler) => handler.recordTypes.map((type) => [type, handler] as const)),
  );
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

/** Gaps and rejections are the gateway's own story and are kept here. */
function lossHandler(lane: string): UplinkHandler {
  return {
    recordTypes: ['gap', 'rejection'],
    async handle(transaction: Transaction, { gatewayId, records, receivedAt }) {
      const gaps = records.filter((record): record is Gap => record.type === 'gap');
      const rejections = records.filter((record): record is Rejection => record.type === 'rejection');
      await storeGaps(transaction, { gatewayId, lane, receivedAt }, gaps);
      await storeRejections(transaction, { gatewayId, receivedAt }, rejections);
    },
  };
}
