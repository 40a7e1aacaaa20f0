import { type Database, sql } from '../platform/index.ts';

/** Epochs of a lane that are kept whatever their age: a gateway that was switched off for a year goes on with its last. */
export const newestEpochsKept = 5;
const unusedDaysMax = 90;
const millisecondsPerDay = 86_400_000;
const epochsPerRunMax = 1000;

/**
 * Forgets how far epochs have come that are long out of use; answers how many. A gateway's outbox that is restored from a
 * backup goes on with a former epoch, and only because its number is known is nothing stored twice: hence the age. What
 * somebody stores into just now is left alone; several replicas may do it at once.
 */
export async function forgetFormerEpochs(database: Database, now: number): Promise<number> {
  const before = new Date(now - unusedDaysMax * millisecondsPerDay);
  const forgotten = await sql`
    with ranked as (
      select gateway_id, lane, epoch, last_batch_at,
        row_number() over (partition by gateway_id, lane order by last_batch_at desc, began_at desc, epoch) as place
      from gateway_lanes),
    former as (
      select lanes.gateway_id, lanes.lane, lanes.epoch
      from gateway_lanes as lanes join ranked using (gateway_id, lane, epoch)
      where place > ${newestEpochsKept} and lanes.last_batch_at < ${before}
      limit ${epochsPerRunMax} for update of lanes skip locked)
    delete from gateway_lanes as lanes using former
    where (lanes.gateway_id, lanes.lane, lanes.epoch) = (former.gateway_id, former.lane, former.epoch)`.execute(
    database,
  );
  return Number(forgotten.numAffectedRows ?? 0n);
}
