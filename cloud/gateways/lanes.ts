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

/** How many of a batch's first records were stored before, and up to which number everything will be. */
export type LaneAdvance =
  | { readonly skip: number; readonly acked: number }
  | { readonly refused: AndonError };

/**
 * Advances lanes over a batch each, by the ids of their gateways. The rows stay locked until the transaction commits,
 * so of two posts at once the second sees what the first has done. Each epoch of a lane is counted by itself and
 * begins at 1. A hole is refused (409) with the number that is expected.
 */
export async function advanceLanes(
  transaction: Transaction,
  positions: readonly LanePosition[],
  now: Date,
): Promise<Map<string, LaneAdvance>> {
  const rows = positions.map(({ gatewayId, lane, epoch, firstSeq, count }) => ({
    gateway_id: gatewayId,
    lane,
    epoch,
    first: firstSeq,
    last: firstSeq + count - 1,
  }));
  const moved = await sql<{ gateway_id: string }>`
    with wanted as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (gateway_id text, lane text, epoch uuid, first bigint, last bigint)
    ), begun as (
      insert into gateway_lanes (gateway_id, lane, epoch, acked, began_at, last_batch_at)
      select gateway_id, lane, epoch, last, ${now}, ${now} from wanted where first = 1 order by gateway_id
      on conflict do nothing returning gateway_id
    ), moved as (
      update gateway_lanes as lanes set acked = last, last_batch_at = ${now} from wanted
      where lanes.gateway_id = wanted.gateway_id and lanes.lane = wanted.lane and lanes.epoch = wanted.epoch
        and first > 1 and acked = first - 1
      returning lanes.gateway_id
    )
    select gateway_id from begun union all select gateway_id from moved`.execute(transaction);
  const inLine = new Set(moved.rows.map((row) => row.gateway_id));
  const advances = new Map<string, LaneAdvance>();
  for (const position of positions) {
    const { gatewayId, firstSeq, count } = position;
    advances.set(
      gatewayId,
      inLine.has(gatewayId)
        ? { skip: 0, acked: firstSeq + count - 1 }
        : await catchUp(transaction, position, now),
    );
  }
  return advances;
}

/** Some of the batch was stored before, or something before it was not. */
async function catchUp(
  transaction: Transaction,
  { gatewayId, lane, epoch, firstSeq, count }: LanePosition,
  now: Date,
): Promise<LaneAdvance> {
  const last = firstSeq + count - 1;
  const found = await sql<{ acked: number }>`
    select acked from gateway_lanes where gateway_id = ${gatewayId} and lane = ${lane} and epoch = ${epoch}
    for update`.execute(transaction);
  const acked = found.rows[0]?.acked ?? 0;
  if (firstSeq > acked + 1) {
    return { refused: uplinkHole(lane, acked + 1) };
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
