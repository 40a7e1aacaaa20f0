import { AndonError } from '@andon/shared/kernel';
import { appendEvent, type Platform, type Transaction } from '../platform/index.ts';
import type { CommandsDependencies } from './order.ts';
import { noSuchCommand } from './presentation.ts';
import { isFinal } from './state.ts';
import { lockCommands, requestCancel } from './store.ts';

/**
 * Asks the gateway not to begin a command. Whether it had begun only the gateway knows, so the state changes when
 * it answers (CANCELLED, or what became of it), or when the command expires.
 * @throws AndonError `commands.already-ended` (409).
 */
export async function cancelCommand(
  transaction: Transaction,
  platform: Pick<Platform, 'clock'>,
  dependencies: CommandsDependencies,
  cancel: { commandId: string; actor: string },
): Promise<void> {
  const [row] = await lockCommands(transaction, [cancel.commandId]);
  if (row === undefined) {
    throw noSuchCommand();
  }
  if (isFinal(row.state)) {
    throw new AndonError({
      code: 'commands.already-ended',
      message: `The command has ended as ${row.state}.`,
      nextStep: 'Look at what it did; send another if needed.',
      status: 409,
      details: { state: row.state },
    });
  }
  if (row.cancel_requested_at !== null) {
    return;
  }
  const now = new Date(platform.clock.now());
  await requestCancel(transaction, row.id, cancel.actor, now);
  await appendEvent(transaction, {
    type: 'command.cancel-requested',
    key: row.id,
    payload: { commandId: row.id, deviceId: row.device_id, name: row.name },
    actor: cancel.actor,
    occurredAt: now,
  });
  await dependencies.gateways.downlink.send(transaction, row.gateway_id, {
    type: 'cancel',
    commandId: row.id,
    deviceId: row.device_id,
  });
}
