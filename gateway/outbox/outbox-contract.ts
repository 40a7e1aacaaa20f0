import type { Lane, UplinkRecord } from '@andon/shared/contracts';
import type { Clock, IdentifierSource } from '@andon/shared/kernel';
import type { StoredRecord } from './lane-table.ts';
import type { LogSync } from './log-sync.ts';
import type { LanePolicy } from './making-room.ts';

/** Puts a record at the end of a lane, inside the running transaction. */
export type Append = (lane: Lane, record: UplinkRecord) => void;

/** What is done inside the transaction. It may run statements on the outbox's database, and must not touch memory. */
export type Work = (append: Append) => void;

export interface Batch {
  readonly lane: Lane;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly records: readonly StoredRecord[];
}

export interface LaneStatus {
  readonly epoch: string;
  readonly queued: number;
  readonly bytes: number;
  readonly oldestAt: number | undefined;
  readonly front: number;
}

export interface OutboxOptions {
  readonly file: string;
  /** Bytes of records kept at most; beyond it the oldest readings give way. */
  readonly bytesMax: number;
  /** How much and how long each lane keeps, and what is done where it is full. */
  readonly alerts?: LanePolicy;
  readonly readings?: LanePolicy;
  /** Time that goes on evenly, for the age of what is kept; the clock's where it is left out. */
  readonly steadyNow?: () => number;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  /** No file grows beyond this many pages of 4 KiB: a last line for a disk that others need too. */
  readonly pagesMax?: number;
  /** What is kept in the place of a record, as JSON, where something must be noted on it; undefined: as it is. */
  readonly stamp?: (record: UplinkRecord) => object | undefined;
  /** How the log of that file is brought onto the disk; by `fdatasync`. */
  readonly openLogSync?: (file: string) => LogSync;
}
