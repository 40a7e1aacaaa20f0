import type { ConfigurationFindings, ConfigurationReport } from '@andon/shared/contracts';
import { appendEvent } from '../platform/index.ts';
import { takeFindings, takeReport } from './configuration-store.ts';
import { gatewayByGateway, type UplinkHandler } from './ports.ts';

/** What gateways say of their configurations. */
export const configurationHandler: UplinkHandler = {
  recordTypes: ['configuration', 'configuration-findings'],
  handle: gatewayByGateway(async (transaction, { gatewayId, records, receivedAt }) => {
    for (const record of records) {
      if (record.type === 'configuration' && (await takeReport(transaction, gatewayId, record))) {
        await appendEvent(transaction, {
          type: 'gateway.configuration-changed',
          key: gatewayId,
          payload: payloadOf(gatewayId, record),
          actor: `gateway:${gatewayId}`,
          occurredAt: receivedAt,
        });
      }
      if (
        record.type === 'configuration-findings' &&
        (await takeFindings(transaction, gatewayId, record, receivedAt))
      ) {
        await appendEvent(transaction, {
          type: 'gateway.configuration-checked',
          key: gatewayId,
          payload: { gatewayId, checkId: record.id, good: isGood(record) },
          actor: `gateway:${gatewayId}`,
          occurredAt: receivedAt,
        });
      }
    }
  }),
};

const isGood = ({ mistakes }: ConfigurationFindings): boolean => (mistakes ?? []).length === 0;

const payloadOf = (
  gatewayId: string,
  { version, state, source, reason }: ConfigurationReport,
): Record<string, unknown> => ({
  gatewayId,
  number: version ?? null,
  state,
  source,
  reason: reason ?? null,
});
