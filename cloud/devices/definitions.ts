import type {
  AlertRule,
  DeviceDefinition,
  DeviceProperties,
  DownlinkMessage,
  SignalDefinition,
} from '@andon/shared/contracts';
import type { Gateways } from '../gateways/index.ts';
import { sql, type Transaction } from '../platform/index.ts';
import { commandRuleOf } from './category-document.ts';
import type { CommandDefinition } from './category-schemas.ts';

interface DefinitionRow {
  id: string;
  gateway_id: string;
  name: string;
  category_id: string;
  password_sha256: string | null;
  signals: SignalDefinition[];
  rules: AlertRule[];
  commands: CommandDefinition[];
  desired: DeviceProperties;
  desired_version: number;
}

/** What a gateway must know of a device: who may connect as it, and which signals and rules it has. */
function toDefinition(row: DefinitionRow): DeviceDefinition {
  // Most commands are the device's own affair, and need no word at the gateway.
  const commands = row.commands.map(commandRuleOf).filter((rule) => Object.keys(rule).length > 1);
  return {
    id: row.id,
    name: row.name,
    category: row.category_id,
    ...(row.password_sha256 === null ? {} : { mqttPasswordSha256: row.password_sha256 }),
    signals: row.signals,
    rules: row.rules,
    ...(commands.length === 0 ? {} : { commands }),
    ...(row.desired_version === 1
      ? {}
      : { desired: { version: row.desired_version, properties: row.desired } }),
  };
}

const selectDefinitions = sql`
  select devices.id, gateway_id, devices.name, category_id, password_sha256, signals, rules, commands,
    desired, desired_version
  from devices join device_categories on device_categories.id = devices.category_id
  where in_service`;

/** Everything that a gateway with an empty data folder must know of its devices. */
export async function definitionsOfGateway(
  transaction: Transaction,
  gatewayId: string,
): Promise<DownlinkMessage[]> {
  const found = await sql<DefinitionRow>`
    ${selectDefinitions} and gateway_id = ${gatewayId} order by devices.id`.execute(transaction);
  return found.rows.map((row) => ({ type: 'device', device: toDefinition(row) }));
}

/** Sends the present definition of a device to its gateway. */
export async function sendDefinition(
  transaction: Transaction,
  gateways: Gateways,
  deviceId: string,
  now: Date,
): Promise<void> {
  const found = await sql<DefinitionRow>`${selectDefinitions} and devices.id = ${deviceId}`.execute(
    transaction,
  );
  await sendAll(transaction, gateways, found.rows, now);
}

/** Sends the definitions of all devices of a category, each to its gateway. */
export async function sendDefinitionsOfCategory(
  transaction: Transaction,
  gateways: Gateways,
  categoryId: string,
  now: Date,
): Promise<void> {
  // Everywhere in the same order: first devices, gateway by gateway, then the gateways, which sending locks.
  await sql`
    select from devices where category_id = ${categoryId} order by gateway_id collate "C", id for no key update`.execute(
    transaction,
  );
  const found = await sql<DefinitionRow>`
    ${selectDefinitions} and category_id = ${categoryId} order by gateway_id, devices.id`.execute(
    transaction,
  );
  await sendAll(transaction, gateways, found.rows, now);
}

async function sendAll(
  transaction: Transaction,
  gateways: Gateways,
  rows: readonly DefinitionRow[],
  now: Date,
): Promise<void> {
  const numbers = await gateways.downlink.sendAll(
    transaction,
    rows.map((row) => ({
      gatewayId: row.gateway_id,
      message: { type: 'device', device: toDefinition(row) },
    })),
  );
  await sql`
    update devices set definition_number = row.number, definition_sent_at = ${now}
    from unnest(${rows.map(({ id }) => id)}::text[], ${numbers}::bigint[]) as row (id, number)
    where devices.id = row.id`.execute(transaction);
}
