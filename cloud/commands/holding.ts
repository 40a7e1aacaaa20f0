import { type Static, Type } from 'typebox';
import type { Database } from '../platform/index.ts';

/** What speaks against touching a machine from afar now; the one that weighs most comes first. */
export const holdReasons = ['technician-visit', 'outside-window', 'outside-customer-hours'] as const;
export const HoldReason = Type.Enum([...holdReasons]);
export type HoldReason = Static<typeof HoldReason>;

export interface HoldQuestion {
  readonly deviceId: string;
  /** The job that the command belongs to, whose hours count as well. */
  readonly jobId: string | null;
  /** What somebody knows of, and does not heed. */
  readonly despite: readonly HoldReason[];
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface HoldAnswer {
  readonly reasons: readonly HoldReason[];
  /** Epoch milliseconds: until when nothing speaks against it. */
  readonly openUntil: number;
}

/** Whoever knows of hours and visits answers it. */
export type HoldsOfDevice = (database: Database, question: HoldQuestion) => Promise<HoldAnswer>;

/** Until somebody brings hours and visits, nothing speaks against anything. */
export const nothingHolds: HoldsOfDevice = async () => ({ reasons: [], openUntil: Number.POSITIVE_INFINITY });

/** What a refusal says of each, for whoever reads no console. */
export const reasonTexts: Readonly<Record<HoldReason, string>> = {
  'technician-visit': 'a technician is at the machine or about to come',
  'outside-window': "it is outside of the job's hours",
  'outside-customer-hours': "it is outside of the customer's hours",
};
