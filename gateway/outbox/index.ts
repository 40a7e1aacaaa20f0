/**
 * The outbox: what the gateway has promised to deliver, kept in one SQLite file so that neither a power cut nor
 * an absent cloud loses any of it.
 *
 * Actors: the pipeline and the command machine commit records together with their own state; the uplink reads
 * batches and acknowledges them; the status page looks at the counts.
 *
 * Lanes: alerts; readings, which are live; and history, to which the readings that wait for long are left in one step
 * (`demote`: both are ranges of the rows of one table), so that the live ones do not wait for them.
 *
 * States of a record: committed, sent (perhaps several times), acknowledged and deleted. Instead of being sent it
 * may be thinned into a summary, dropped under the byte budget or for its age, or refused by the cloud; what is lost
 * leaves a gap record in its place.
 *
 * Numbers: a record's number is its rank: the lane's `front` (the number of its oldest record) plus its position.
 * So deleting a run of records in the middle of the backlog and putting one gap record in their place leaves no
 * hole. A number must not change once it may have been sent, which is why eviction never touches the window: the
 * records that the next batch may hold, and batches are always taken from the front.
 *
 * Rows: readings that are committed together are packed into one row (`packed-readings.ts`), as the wire's JSON of each
 * would take thirty times the room and the time, and so are summaries; everything else is a row of its own. The front may lie within a row.
 *
 * Invariants:
 * - `commit` resolves after the transaction is on the disk: it is written to SQLite's write-ahead log, which is then
 *   synced by a thread while the next transaction gathers. All commits that share a transaction fail or succeed
 *   together, and nothing of it is sent before it is on the disk.
 * - Within an epoch, the numbers of a lane are contiguous from 1, and acknowledged ones never come again.
 * - Every record committed is delivered, or counted by exactly one delivered gap record.
 *
 * What may go wrong: the disk is full (commits reject with `outbox.disk-full`, nothing is half done, and commits
 * succeed again when there is room); the file is damaged (it is set aside under a dated name, and what can be read of
 * it goes into a new one, with gap records for the rest; what waited to be kept is rejected; where the gateway's state
 * cannot be read as a whole, `memoryLostAt` stays known, and the downlink's cursor is gone too, so the cloud tells its
 * whole state again); the disk does not take what was written (commits
 * reject until everything in the log was written once more, to the file, and synced); more is waiting than memory should hold (`outbox.busy`).
 */
export * from './errors.ts';
export * from './lock.ts';
export type { LogSync } from './log-sync.ts';
export { type LanePolicy, lanePolicies } from './making-room.ts';
export * from './outbox.ts';
export type * from './outbox-contract.ts';
export type { SetAside } from './recovery.ts';
export { gapsOf } from './thinning.ts';
