import { isDeepStrictEqual } from 'node:util';
import type { DeviceProperties, DeviceStatus } from '@andon/shared/contracts';
import type { Gateways } from '../gateways/index.ts';
import { appendEvents, type NewEvent, sql, type Transaction } from '../platform/index.ts';
import { mergeProperties, troubleWithProperties } from './properties.ts';

interface ReportedRow {
  id: string;
  reported: DeviceProperties;
  reported_version: number;
  reported_at: Date | null;
}

/**
 * Takes in what devices say that they are set to, in the order in which their gateway says it. More than is kept of
 * one device is refused and counted; what it said before stays.
 */
export async function takeReported(
  transaction: Transaction,
  gateways: Gateways,
  { gatewayId, receivedAt }: { gatewayId: string; receivedAt: Date },
  words: readonly DeviceStatus[],
): Promise<void> {
  const telling = words.filter((word) => word.reported !== undefined);
  if (telling.length === 0) {
    return;
  }
  const ids = [...new Set(telling.map(({ deviceId }) => deviceId))];
  const found = await sql<ReportedRow>`
    select id, reported, reported_version, reported_at from devices where id = any(${ids})
    order by id for no key update`.execute(transaction);
  const events: NewEvent[] = [];
  const refused: string[] = [];
  for (const row of found.rows) {
    const patches = telling.filter(({ deviceId }) => deviceId === row.id);
    const { after, refusals } = takePatches(row.reported, patches);
    refused.push(...refusals);
    if (!isDeepStrictEqual(after, row.reported)) {
      await sql`
        update devices set reported = ${JSON.stringify(after)}::jsonb, reported_version = reported_version + 1,
          reported_at = ${receivedAt}
        where id = ${row.id}`.execute(transaction);
      const payload = { deviceId: row.id, version: row.reported_version + 1 };
      const actor = `gateway:${gatewayId}`;
      events.push({ type: 'device.reported-changed', key: row.id, payload, actor, occurredAt: receivedAt });
    }
  }
  await appendEvents(transaction, events);
  await gateways.countRefusals(
    transaction,
    gatewayId,
    refused.map((deviceId) => ({ deviceId, reason: 'reported-properties-too-large', count: 1 })),
  );
}

function takePatches(
  before: DeviceProperties,
  patches: readonly DeviceStatus[],
): { after: DeviceProperties; refusals: string[] } {
  const refusals: string[] = [];
  let after = before;
  for (const { deviceId, reported = {} } of patches) {
    const merged = mergeProperties(after, reported);
    if (troubleWithProperties(merged) === undefined) {
      after = merged;
    } else {
      refusals.push(deviceId);
    }
  }
  return { after, refusals };
}
