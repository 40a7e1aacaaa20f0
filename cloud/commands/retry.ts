import { AndonError } from '@andon/shared/kernel';
import type { Platform, Transaction } from '../platform/index.ts';
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
}

/**
 * Tries a command again that did not succeed: a new command, linked to it, that lives as long as it did. The device's
 * category may have changed since, so everything is checked anew.
 * @throws AndonError where it succeeded, has not ended (409) or was tried again already.
 */
export async function retryCommand(
  transaction: Transaction,
  platform: Pick<Platform, 'clock' | 'newId'>,
  dependencies: CommandsDependencies,
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
  const { commandId } = await issueCommand(transaction, platform, dependencies, {
    deviceId: row.device_id,
    name: row.name,
    parameters: row.parameters,
    expiresInSeconds: Math.round((row.expires_at.getTime() - row.issued_at.getTime()) / 1000),
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
