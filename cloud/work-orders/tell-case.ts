import type { Transaction } from '../platform/index.ts';
import type { WorkOrdersGround } from './ground.ts';
import type { WorkOrderColumns } from './store.ts';

/** What happens to a work order stands on the timeline of its case, too. Called before the version counts up. */
export async function tellCase(
  transaction: Transaction,
  { dependencies }: WorkOrdersGround,
  row: Pick<WorkOrderColumns, 'id' | 'case_id' | 'version'>,
  news: {
    readonly title: string;
    readonly detail: string | null;
    readonly actor: string;
    /** The technician's part is over: whoever handles the case goes on. */
    readonly returns?: boolean;
  },
): Promise<void> {
  if (row.case_id === null) {
    return;
  }
  await dependencies.cases.takeWorkOrderNews(transaction, {
    caseId: row.case_id,
    source: `work-order:${row.id}:${row.version}`,
    title: news.title,
    detail: news.detail,
    actor: news.actor,
    returns: news.returns ?? false,
  });
}
