import { createHash } from 'node:crypto';
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

/** What the category says, which is the same for all its devices; and the name of that. */
function toldBy({ category, signals, rules, commands = [] }: DeviceDefinition) {
  const definition = JSON.stringify({ category, signals, rules, commands });
  return { version: createHash('sha256').update(definition).digest('hex'), definition };
}

type DeviceMessage = Extract<DownlinkMessage, { type: 'device' }> & { readonly version: string };

/** Keeps what is wanted, so that it can be compared with what a gateway says that it runs. */
async function keepTold(
  transaction: Transaction,
  rows: readonly DefinitionRow[],
  now: Date,
): Promise<DeviceMessage[]> {
  const contents = new Map<string, string>();
  const messages = rows.map((row) => {
    const device = toDefinition(row);
    const { version, definition } = toldBy(device);
    contents.set(version, definition);
    return { type: 'device' as const, device, version };
  });
  await sql`
    insert into told_definitions (version, definition, told_at)
    select version, definition::jsonb, ${now}
    from unnest(${[...contents.keys()]}::text[], ${[...contents.values()]}::text[]) as row (version, definition)
    order by version on conflict do nothing`.execute(transaction);
  return messages;
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
  now: Date,
): Promise<DownlinkMessage[]> {
  const found = await sql<DefinitionRow>`
    ${selectDefinitions} and gateway_id = ${gatewayId} order by devices.id`.execute(transaction);
  // The gateway's row is locked here, and whoever sends locks the devices first: theirs are left alone.
  return keepTold(transaction, found.rows, now);
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
  const messages = await keepTold(transaction, rows, now);
  const gatewayOf = new Map(rows.map(({ id, gateway_id }) => [id, gateway_id]));
  const numbers = await gateways.downlink.sendAll(
    transaction,
    messages.map((message) => ({ gatewayId: gatewayOf.get(message.device.id) ?? '', message })),
  );
  await sql`
    update devices set definition_number = row.number, definition_sent_at = ${now}, definition_wanted = row.version
    from unnest(${rows.map(({ id }) => id)}::text[], ${numbers}::bigint[],
      ${messages.map(({ version }) => version)}::text[]) as row (id, number, version)
    where devices.id = row.id`.execute(transaction);
}
