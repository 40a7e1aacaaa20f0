import type { Lane } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { sql, type Transaction } from '../platform/index.ts';

/** Where a batch stands in its lane. */
export interface LanePosition {
  readonly gatewayId: string;
  readonly lane: Lane;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly count: number;
}

/**
 * Advances the lane over a batch, and answers how many of its first records were stored before (`skip`) and up to
 * which number everything will be stored when the transaction commits. The lane's row stays locked until then, so
 * of two posts at once the second sees what the first has done. Each epoch of a lane is counted by itself and
 * begins at 1. A hole is refused (409) with the number that is expected.
 */
export async function advanceLane(
  transaction: Transaction,
  position: LanePosition,
  now: Date,
): Promise<{ skip: number; acked: number }> {
  const { gatewayId, lane, epoch, firstSeq, count } = position;
  const last = firstSeq + count - 1;
  const moved =
    firstSeq === 1
      ? await sql`
          insert into gateway_lanes (gateway_id, lane, epoch, acked, began_at, last_batch_at)
          values (${gatewayId}, ${lane}, ${epoch}, ${last}, ${now}, ${now})
          on conflict do nothing`.execute(transaction)
      : await sql`
          update gateway_lanes set acked = ${last}, last_batch_at = ${now}
          where gateway_id = ${gatewayId} and lane = ${lane} and epoch = ${epoch} and acked = ${firstSeq - 1}
          `.execute(transaction);
  if (moved.numAffectedRows === 1n) {
    return { skip: 0, acked: last };
  }
  const found = await sql<{ acked: number }>`
    select acked from gateway_lanes where gateway_id = ${gatewayId} and lane = ${lane} and epoch = ${epoch}
    for update`.execute(transaction);
  const acked = found.rows[0]?.acked ?? 0;
  if (firstSeq > acked + 1) {
    throw uplinkHole(lane, acked + 1);
  }
  if (last <= acked) {
    return { skip: count, acked };
  }
  await sql`update gateway_lanes set acked = ${last}, last_batch_at = ${now}
    where gateway_id = ${gatewayId} and lane = ${lane} and epoch = ${epoch}`.execute(transaction);
  return { skip: acked - firstSeq + 1, acked: last };
}

function uplinkHole(lane: Lane, expected: number): AndonError {
  return new AndonError({
    code: 'gateways.uplink-hole',
    message: `The lane ${lane} goes on with number ${expected}.`,
    nextStep: `Send the records from number ${expected} on.`,
    field: 'firstSeq',
    status: 409,
    details: { expected },
  });
}
