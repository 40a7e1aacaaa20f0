import { backoffMilliseconds } from '@andon/shared/kernel';
import { sql, type Transaction } from './database.ts';
import { isOfTheMoment } from './subscriptions.ts';

/** A minute after the sixth failure: what is amiss may be mended meanwhile, and late is better than never. */
const patience = { baseMilliseconds: 1_000, capMilliseconds: 60_000 };

/** When something that has failed so often before is tried again. */
export function putOffUntil(failuresBefore: number, now: Date): Date {
  return new Date(now.getTime() + backoffMilliseconds(failuresBefore, patience, () => 1));
}

/**
 * Does one of many things that are due, behind a savepoint: where it fails nothing of it is kept, `putOff` remembers
 * that it is tried again later, and it keeps no other from its turn. An error of the moment (a deadlock, the database
 * away) is thrown: the same may succeed next time. Answers whether it was done.
 */
export async function doOrPutOff(
  transaction: Transaction,
  work: () => Promise<void>,
  putOff: (error: unknown) => Promise<void>,
): Promise<boolean> {
  await sql`savepoint one_of_many`.execute(transaction);
  try {
    await work();
    await sql`release savepoint one_of_many`.execute(transaction);
    return true;
  } catch (error) {
    if (isOfTheMoment(error)) {
      throw error;
    }
    await sql`rollback to savepoint one_of_many`.execute(transaction);
    await putOff(error);
    return false;
  }
}
