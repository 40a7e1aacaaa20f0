import type { Transaction } from '../platform/index.ts';
import type { CasesGround } from './ground.ts';
import { changeStatus } from './handling.ts';
import { lockCase, putActivity } from './store.ts';

/** A step of a work order, as its case sees it. */
export interface WorkOrderNews {
  readonly caseId: string;
  /** What it tells of: told again, it is the same activity. */
  readonly source: string;
  readonly title: string;
  readonly detail: string | null;
  readonly actor: string;
  /** The technician's part is over, so the case is whoever handles it's again. */
  readonly returns: boolean;
}

/** Puts it on the timeline, also of a case that is closed. One that waited for the technician goes on. */
export async function takeWorkOrderNews(
  transaction: Transaction,
  ground: CasesGround,
  news: WorkOrderNews,
): Promise<void> {
  const { returns, caseId, ...activity } = news;
  const row = await lockCase(transaction, caseId);
  if (row === undefined) {
    throw new Error(`the case ${caseId} of a work order is not there`);
  }
  await putActivity(transaction, {
    id: ground.platform.newId(),
    case_id: caseId,
    at: new Date(ground.platform.clock.now()),
    kind: 'work-order',
    ...activity,
  });
  if (returns && row.status === 'active' && row.status_reason !== 'in-progress') {
    await changeStatus(transaction, ground, {
      caseId,
      expectedVersion: undefined,
      actor: news.actor,
      statusReason: 'in-progress',
      explanation: news.title,
      reactivates: false,
    });
  }
}
