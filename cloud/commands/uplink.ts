import type { CommandUpdate } from '@andon/shared/contracts';
import { type Gateways, gatewayByGateway, type UplinkHandler } from '../gateways/index.ts';
import { takeWords } from './progress.ts';
import { lockCommands } from './store.ts';

/** Takes what a gateway says of its commands: four statements, however many words there are. */
export function createUplinkHandler(gateways: Pick<Gateways, 'countRefusals'>): UplinkHandler {
  return {
    recordTypes: ['command'],
    handle: gatewayByGateway(async (transaction, batch) => {
      const words = batch.records.filter((record): record is CommandUpdate => record.type === 'command');
      if (words.length === 0) {
        return;
      }
      const ids = [...new Set(words.map((word) => word.commandId))];
      const rows = await lockCommands(transaction, ids);
      const own = new Map(
        rows.filter((row) => row.gateway_id === batch.gatewayId).map((row) => [row.id, row]),
      );
      const isOwn = (word: CommandUpdate): boolean => own.get(word.commandId)?.device_id === word.deviceId;
      await takeWords(transaction, [...own.values()], words.filter(isOwn), {
        actor: `gateway:${batch.gatewayId}`,
        now: batch.receivedAt,
      });
      const refused = words.filter((word) => !isOwn(word));
      if (refused.length > 0) {
        await gateways.countRefusals(
          transaction,
          batch.gatewayId,
          refused.map((word) => ({ deviceId: word.deviceId, reason: 'unknown-command', count: 1 })),
        );
      }
    }),
  };
}
