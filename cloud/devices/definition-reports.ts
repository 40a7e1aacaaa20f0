import type { DefinitionReport } from '@andon/shared/contracts';
import { type Gateways, gatewayByGateway, type UplinkHandler } from '../gateways/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import { requireDevice } from './device-store.ts';
import type { DefinitionOnTrial, DevicesBehind } from './schemas.ts';

/** Takes what gateways say of the definitions that they were told. */
export function createDefinitionHandler(gateways: Gateways): UplinkHandler {
  return {
    recordTypes: ['device-definition'],
    handle: gatewayByGateway(async (transaction, { gatewayId, records }) => {
      const reports = records.filter(
        (record): record is DefinitionReport => record.type === 'device-definition',
      );
      const known = await lockDevices(transaction, gatewayId, reports);
      for (const report of reports.filter(({ deviceId }) => known.has(deviceId))) {
        await (report.outcome === 'running' ? noteRunning : noteRefused)(transaction, report);
      }
      await gateways.countRefusals(
        transaction,
        gatewayId,
        reports
          .filter(({ deviceId }) => !known.has(deviceId))
          .map(({ deviceId }) => ({ deviceId, reason: 'unknown-device', count: 1 })),
      );
    }),
  };
}

async function lockDevices(
  transaction: Transaction,
  gatewayId: string,
  reports: readonly DefinitionReport[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(reports.map(({ deviceId }) => deviceId))];
  const { rows } = await sql<{ id: string }>`
    select id from devices where id = any(${ids}) and gateway_id = ${gatewayId}
    order by id for no key update`.execute(transaction);
  return new Set(rows.map(({ id }) => id));
}

/**
 * A version that was never told from here (of a cloud restored from a backup) is left out. Of a device that was registered
 * before versions were kept, what its gateway was told last is what is wanted.
 */
async function noteRunning(
  transaction: Transaction,
  { deviceId, version, at }: DefinitionReport,
): Promise<void> {
  await sql`
    update devices set definition_running = ${version}, definition_running_at = ${new Date(at)},
      definition_wanted = coalesce(definition_wanted, ${version}),
      definition_refused = null, definition_refused_at = null, definition_refused_reason = null
    where id = ${deviceId} and exists (select from told_definitions where version = ${version})`.execute(
    transaction,
  );
}

async function noteRefused(
  transaction: Transaction,
  { deviceId, version, at, reason = '' }: DefinitionReport,
): Promise<void> {
  await sql`
    update devices set definition_refused = ${version}, definition_refused_at = ${new Date(at)},
      definition_wanted = coalesce(definition_wanted, ${version}),
      definition_refused_reason = ${reason}
    where id = ${deviceId} and exists (select from told_definitions where version = ${version})`.execute(
    transaction,
  );
}

/** How far the definition that is wanted has come. Of a gateway of an older program no more is known than `taken`. */
export const definitionState = sql<DefinitionOnTrial['state']>`case
  when definition_wanted is null and definition_sent_at is null then 'none'
  when definition_running = definition_wanted then 'running'
  when definition_refused = definition_wanted then 'refused'
  when definition_number <= gateways.downlink_acknowledged then 'taken'
  else 'waiting' end`;

interface DefinitionRow {
  state: DefinitionOnTrial['state'];
  wanted: object | null;
  running: object | null;
  running_at: Date | null;
  refused_at: Date | null;
  refused_reason: string | null;
}

/** What is wanted of a device, and what its gateway runs, both as text that can be compared line by line. */
export async function describeDefinition(database: Database, deviceId: string): Promise<DefinitionOnTrial> {
  await requireDevice(database, deviceId);
  const { rows } = await sql<DefinitionRow>`
    select ${definitionState} as state, wanted.definition as wanted, running.definition as running,
      definition_running_at as running_at,
      case when definition_refused = definition_wanted then definition_refused_at end as refused_at,
      case when definition_refused = definition_wanted then definition_refused_reason end as refused_reason
    from devices join gateways on gateways.id = devices.gateway_id
      left join told_definitions as wanted on wanted.version = definition_wanted
      left join told_definitions as running on running.version = definition_running
    where devices.id = ${deviceId}`.execute(database);
  const [row] = rows;
  if (row === undefined) {
    throw new Error(`the device ${deviceId} has no gateway`);
  }
  return {
    state: row.state,
    wanted: row.wanted && textOf(row.wanted),
    running: row.running && textOf(row.running),
    runningSince: row.running_at?.toISOString() ?? null,
    refusedAt: row.refused_at?.toISOString() ?? null,
    refusedReason: row.refused_reason,
  };
}

const textOf = (definition: object): string => JSON.stringify(definition, undefined, 2);

const behindMax = 100;

/** The devices of a gateway that do not run what is wanted, the first of them by name of their ids. */
export async function devicesBehind(database: Database, gatewayId: string): Promise<DevicesBehind> {
  const { rows } = await sql<{
    id: string;
    name: string;
    state: DefinitionOnTrial['state'];
    sent_at: Date | null;
    reason: string | null;
    total: number;
  }>`
    select devices.id, devices.name, ${definitionState} as state, definition_sent_at as sent_at,
      case when definition_refused = definition_wanted then definition_refused_reason end as reason,
      count(*) over () as total
    from devices join gateways on gateways.id = devices.gateway_id
    where devices.gateway_id = ${gatewayId} and in_service
      and definition_running is distinct from definition_wanted
    order by devices.id limit ${behindMax}`.execute(database);
  return {
    total: rows[0]?.total ?? 0,
    items: rows.map((row) => ({
      deviceId: row.id,
      name: row.name,
      state: row.state,
      sentAt: row.sent_at?.toISOString() ?? null,
      reason: row.reason,
    })),
  };
}
