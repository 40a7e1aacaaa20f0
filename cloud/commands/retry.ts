import { AndonError } from '@andon/shared/kernel';
import type { Platform, Transaction } from '../platform/index.ts';
import { type HoldReason, type HoldsOfDevice, reasonTexts } from './holding.ts';
import { issueCommand } from './issue.ts';
import { listCompany } from './lists.ts';
import type { CommandsDependencies, Sender } from './order.ts';
import { noSuchCommand } from './presentation.ts';
import { isFinal } from './state.ts';
import { type CommandRow, lockCommands } from './store.ts';

export interface RetryOrder {
  readonly commandId: string;
  readonly actor: string;
  readonly sender: Sender;
  /** What holds the device now, which whoever retries the command knows of; the rest is of no consequence. */
  readonly despite: readonly HoldReason[];
}

/**
 * Tries a command again that did not succeed: a new command, linked to it, that lives as long as it did. The device's
 * category may have changed since, so everything is checked anew. One of a job keeps to what its job keeps to: the
 * visits of technicians, the customer's hours and its own; it expires with them, too.
 * @throws AndonError where it succeeded, has not ended (409), was tried again already, or is held (409
 * `commands.held`, with the reasons) by what the order does not name.
 */
export async function retryCommand(
  transaction: Transaction,
  platform: Pick<Platform, 'clock' | 'newId'>,
  dependencies: CommandsDependencies,
  holdsOf: HoldsOfDevice,
  order: RetryOrder,
): Promise<string> {
  // Two people who retry at once wait for each other here.
  const [row] = await lockCommands(transaction, [order.commandId]);
  if (row === undefined) {
    throw noSuchCommand();
  }
  refuseNothingToRetry(row);
  const again = (await listCompany(transaction, [row.id])).get(row.id)?.retriedBy;
  if (typeof again === 'string') {
    throw new AndonError({
      code: 'commands.already-retried',
      message: 'The command was tried again already.',
      nextStep: 'Look at the command that tried it again, and retry that one if need be.',
      status: 409,
      details: { commandId: again },
    });
  }
  const { despite, expiresBy } = await heldBy(transaction, platform, holdsOf, row, order);
  const { commandId } = await issueCommand(transaction, platform, dependencies, {
    deviceId: row.device_id,
    name: row.name,
    parameters: row.parameters,
    expiresInSeconds: Math.round((row.expires_at.getTime() - row.issued_at.getTime()) / 1000),
    ...(expiresBy === undefined ? {} : { expiresBy }),
    despite,
    actor: order.actor,
    sender: order.sender,
    retryOf: row.id,
    // What was sent once had its approval.
    job: row.job_id === null ? undefined : { id: row.job_id, mayDestroy: true },
  });
  return commandId;
}

function refuseNothingToRetry(row: CommandRow): void {
  if (!isFinal(row.state) || row.state === 'SUCCEEDED') {
    throw new AndonError({
      code: 'commands.nothing-to-retry',
      message:
        row.state === 'SUCCEEDED'
          ? 'The command has succeeded.'
          : `The command is ${row.state} and has not ended.`,
      nextStep:
        row.state === 'SUCCEEDED'
          ? 'Send a new one if it is wanted again.'
          : 'Wait until it ends, or cancel it.',
      status: 409,
      details: { state: row.state },
    });
  }
}

interface Held {
  /** What speaks against it now and is not heeded. */
  readonly despite: readonly HoldReason[];
  /** Until when a job's command may live, in epoch milliseconds. */
  readonly expiresBy: number | undefined;
}

/** A job's command keeps to what its job keeps to; one of a person alone to nothing, and the record says what it ignored. */
async function heldBy(
  transaction: Transaction,
  { clock }: Pick<Platform, 'clock'>,
  holdsOf: HoldsOfDevice,
  row: CommandRow,
  order: RetryOrder,
): Promise<Held> {
  const question = { deviceId: row.device_id, jobId: row.job_id, now: clock.now() };
  const found = await holdsOf(transaction, { ...question, despite: [] });
  const despite = found.reasons.filter((reason) => order.despite.includes(reason));
  if (row.job_id === null) {
    return { despite, expiresBy: undefined };
  }
  const reasons = found.reasons.filter((reason) => !despite.includes(reason));
  if (reasons.length > 0) {
    throw new AndonError({
      code: 'commands.held',
      message: `The command is one of a job, and its device is left alone for now: ${reasons.map((reason) => reasonTexts[reason]).join(', and ')}.`,
      nextStep: 'Wait until that is over, or name the reasons in despite to send it all the same.',
      field: 'despite',
      status: 409,
      details: { reasons },
    });
  }
  const { openUntil } = despite.length === 0 ? found : await holdsOf(transaction, { ...question, despite });
  return { despite, expiresBy: openUntil };
}
