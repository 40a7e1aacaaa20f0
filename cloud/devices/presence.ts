import type { DeviceStatus } from '@andon/shared/contracts';
import { type Gateways, gatewayByGateway, type UplinkHandler } from '../gateways/index.ts';
import {
  appendEvents,
  type NewEvent,
  type StoredEvent,
  type Subscription,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { type DevicePresence, type PresenceWord, takePresenceWord } from './presence-word.ts';
import type { RegistrationStatus } from './registration-status.ts';
import { takeRegistrationSteps } from './registration-steps.ts';
import { takeReported } from './reported.ts';

interface PresenceRow {
  id: string;
  registration_status: RegistrationStatus;
  reported_connected: boolean;
  connected: boolean;
  presence_at: Date | null;
  last_activity_at: Date | null;
  boot_id: string | null;
  last_boot_at: Date | null;
  firmware: string | null;
}

function toPresence(row: PresenceRow): DevicePresence {
  return {
    reportedConnected: row.reported_connected,
    connected: row.connected,
    presenceAt: row.presence_at?.getTime() ?? null,
    lastActivityAt: row.last_activity_at?.getTime() ?? null,
    bootId: row.boot_id,
    lastBootAt: row.last_boot_at?.getTime() ?? null,
    firmware: row.firmware,
  };
}

export interface DeviceWord extends PresenceWord {
  readonly deviceId: string;
  readonly reason?: string | undefined;
}

/** Takes words of a gateway on its devices in, in their order; answers the ids that it does not speak for. */
export async function takePresenceWords(
  transaction: Transaction,
  gatewayId: string,
  words: readonly DeviceWord[],
  receivedAt: Date,
): Promise<string[]> {
  const ids = [...new Set(words.map((word) => word.deviceId))];
  const found = await sql<PresenceRow>`
    select id, registration_status, reported_connected, connected, presence_at, last_activity_at, boot_id,
      last_boot_at, firmware
    from devices where id = any(${ids}) and gateway_id = ${gatewayId} and in_service
    order by id for no key update`.execute(transaction);
  const actor = `gateway:${gatewayId}`;
  const events: NewEvent[] = [];
  for (const row of found.rows) {
    const own = words.filter((word) => word.deviceId === row.id);
    const { after, events: told } = takeWordsOnOne(toPresence(row), own, receivedAt, actor);
    await writePresence(transaction, row.id, after);
    events.push(...told);
  }
  await appendEvents(transaction, events);
  await confirmRegistrations(transaction, found.rows, actor, receivedAt);
  const known = new Set(found.rows.map((row) => row.id));
  return ids.filter((id) => !known.has(id));
}

function takeWordsOnOne(
  before: DevicePresence,
  words: readonly DeviceWord[],
  receivedAt: Date,
  actor: string,
): { after: DevicePresence; events: NewEvent[] } {
  let presence = before;
  const events: NewEvent[] = [];
  for (const word of words) {
    const { deviceId: key, reason } = word;
    const change = takePresenceWord(presence, word, receivedAt.getTime());
    presence = change.after;
    const common = { key, actor, occurredAt: receivedAt };
    if (change.connectionChanged) {
      const payload = { deviceId: key, connected: presence.connected, ...(reason && { reason }) };
      events.push({ ...common, type: 'device.connection-changed', payload });
    }
    if (change.rebooted) {
      const payload = {
        deviceId: key,
        bootIdBefore: change.rebooted.before,
        bootIdAfter: change.rebooted.after,
      };
      events.push({ ...common, type: 'device.rebooted', payload });
    }
  }
  return { after: presence, events };
}

async function writePresence(
  transaction: Transaction,
  deviceId: string,
  presence: DevicePresence,
): Promise<void> {
  await sql`
    update devices set reported_connected = ${presence.reportedConnected}, connected = ${presence.connected},
      presence_at = ${timeOf(presence.presenceAt)}, last_activity_at = ${timeOf(presence.lastActivityAt)},
      boot_id = ${presence.bootId}, last_boot_at = ${timeOf(presence.lastBootAt)}, firmware = ${presence.firmware}
    where id = ${deviceId}`.execute(transaction);
}

function timeOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

/** Who speaks of a device knows it: its registration is through. */
async function confirmRegistrations(
  transaction: Transaction,
  rows: readonly PresenceRow[],
  actor: string,
  now: Date,
): Promise<void> {
  const waiting = rows.filter(
    (row) => row.registration_status === 'in-progress' || row.registration_status === 'error',
  );
  await takeRegistrationSteps(
    transaction,
    waiting.map((row) => ({
      deviceId: row.id,
      action: 'register' as const,
      from: row.registration_status,
      to: 'registered',
      actor,
      detail: 'The gateway spoke of the device.',
    })),
    now,
  );
}

/** Takes `device-status` records. */
export function createStatusHandler(gateways: Gateways): UplinkHandler {
  return {
    recordTypes: ['device-status'],
    handle: gatewayByGateway(async (transaction, { gatewayId, records, receivedAt }) => {
      const words = records.filter((record): record is DeviceStatus => record.type === 'device-status');
      const unknown = new Set(await takePresenceWords(transaction, gatewayId, words, receivedAt));
      await takeReported(
        transaction,
        gateways,
        { gatewayId, receivedAt },
        words.filter((word) => !unknown.has(word.deviceId)),
      );
      await gateways.countRefusals(
        transaction,
        gatewayId,
        words
          .filter((word) => unknown.has(word.deviceId))
          .map(({ deviceId }) => ({ deviceId, reason: 'unknown-device', count: 1 })),
      );
    }),
  };
}

/** While a gateway is away nobody knows how its devices are; when it is back, what it last said holds again. */
export function createGatewaySubscription(gateways: Pick<Gateways, 'findGateways'>): Subscription {
  return {
    name: 'devices.gateway-connection',
    types: ['gateway.connection-changed'],
    handle: (transaction, event) => bringInLine(transaction, gateways, [event]),
    async handleTogether(transaction, events) {
      await bringInLine(transaction, gateways, events);
      return new Set(events.map(({ id }) => id));
    },
  };
}

/** The present state counts and not the events': a later one may have been overtaken by the gateway's own words. */
async function bringInLine(
  transaction: Transaction,
  gateways: Pick<Gateways, 'findGateways'>,
  events: readonly StoredEvent[],
): Promise<void> {
  const firstOf = new Map([...events].reverse().map((event) => [event.key, event]));
  const states = await gateways.findGateways(transaction, [...firstOf.keys()]);
  const known = [...states.values()];
  // Gateway by gateway, as their posts are stored: whoever locks devices of several does it in this order.
  const changed = await sql<{ id: string; gateway_id: string; connected: boolean }>`
    with gateway as (
      select * from unnest(${known.map(({ id }) => id)}::text[], ${known.map(({ connected }) => connected)}::boolean[])
        as gateway (id, connected)),
    changed as (
      select devices.id, reported_connected and gateway.connected as connected
      from devices join gateway on gateway.id = gateway_id
      where devices.connected is distinct from (reported_connected and gateway.connected) and in_service
      order by gateway_id collate "C", devices.id for no key update of devices)
    update devices set connected = changed.connected from changed where devices.id = changed.id
    returning devices.id, gateway_id, devices.connected`.execute(transaction);
  await appendEvents(
    transaction,
    changed.rows.flatMap(({ id, gateway_id, connected }): NewEvent[] => {
      const event = firstOf.get(gateway_id);
      const reason = connected ? 'gateway-connected' : 'gateway-away';
      return event === undefined
        ? []
        : [
            {
              type: 'device.connection-changed',
              key: id,
              payload: { deviceId: id, connected, reason },
              actor: 'system:devices',
              causedBy: event.id,
              occurredAt: event.occurredAt,
            },
          ];
    }),
  );
}
