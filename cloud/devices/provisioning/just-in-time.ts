import { type Database, sql, type Transaction } from '../../platform/index.ts';
import { findCategories } from '../category-store.ts';
import type { Dependencies } from '../dependencies.ts';
import { placeDevice } from '../placing.ts';
import { takeRegistrationSteps } from '../registration-steps.ts';
import type { Discovery, DiscoveryInput, DiscoveryOutcome, RefusalReason } from './just-in-time-schemas.ts';

/** Two devices of one gateway at once wait for each other, so that its limit holds. */
const limitLockKey = 4_201_112;

/** More refused ones are not kept of one gateway: those it told of longest ago go, and come back if it tells again. */
export const refusedPerGatewayMax = 200;

/** What is known when a gateway tells of a device. */
export interface DiscoveryFacts {
  readonly known: { readonly gatewayId: string; readonly inService: boolean } | undefined;
  readonly waitsToBeClaimed: boolean;
  /** Undefined: there is no such category. */
  readonly categoryAllows: boolean | undefined;
  readonly gateway: {
    readonly id: string;
    readonly accountId: string | null;
    readonly devices: number;
    readonly devicesMax: number;
  };
}

/** Is it known here, may it come in, or why not? */
export function judgeDiscovery(facts: DiscoveryFacts): 'known' | 'let-in' | RefusalReason {
  const { known, gateway } = facts;
  if (known !== undefined) {
    return known.gatewayId === gateway.id && known.inService ? 'known' : 'registered-elsewhere';
  }
  if (facts.waitsToBeClaimed) {
    return 'waits-to-be-claimed';
  }
  if (facts.categoryAllows === undefined) {
    return 'unknown-category';
  }
  if (!facts.categoryAllows) {
    return 'category-does-not-allow';
  }
  if (gateway.accountId === null) {
    return 'gateway-has-no-account';
  }
  return gateway.devices >= gateway.devicesMax ? 'limit-of-gateway' : 'let-in';
}

/** Takes in that a gateway tells of a device. */
export async function takeDiscovery(
  dependencies: Dependencies,
  transaction: Transaction,
  { gatewayId, discovery }: { gatewayId: string; discovery: DiscoveryInput },
): Promise<DiscoveryOutcome> {
  const { platform, assets } = dependencies;
  await sql`select pg_advisory_xact_lock(${limitLockKey}, hashtext(${gatewayId}))`.execute(transaction);
  const { facts, siteId } = await findFacts(transaction, gatewayId, discovery);
  const verdict = judgeDiscovery(facts);
  const { deviceId, categoryId, name = deviceId } = discovery;
  if (verdict === 'known') {
    return { deviceId, outcome: 'known', reason: null };
  }
  const now = new Date(platform.clock.now());
  const accountId = facts.gateway.accountId;
  if (verdict !== 'let-in' || accountId === null) {
    const reason = verdict === 'let-in' ? 'gateway-has-no-account' : verdict;
    await note(transaction, { gatewayId, discovery, reason, now });
    return { deviceId, outcome: 'refused', reason };
  }
  const actor = `gateway:${gatewayId}`;
  const wanted = { account: accountId, name, categoryId, ...(siteId === null ? {} : { siteId }) };
  const asset = await assets.takeAsset(transaction, wanted, actor);
  await placeDevice(dependencies, transaction, {
    assetId: asset.id,
    registration: { deviceId, name, categoryId, gatewayId },
    actor,
    passwordSha256: discovery.mqttPasswordSha256 ?? null,
    origin: 'unknown',
    detail: `The gateway ${gatewayId} told of it, and its category allows that; its definition was sent there.`,
  });
  await sql`update devices set just_in_time = true where id = ${deviceId}`.execute(transaction);
  // It serves the device already, which may stay silent for long: there is no receipt to wait for.
  const step = { deviceId, action: 'register', from: 'in-progress', to: 'registered', actor } as const;
  await takeRegistrationSteps(
    transaction,
    [{ ...step, detail: `The gateway ${gatewayId} serves it already.` }],
    now,
  );
  await note(transaction, { gatewayId, discovery, reason: null, now });
  return { deviceId, outcome: 'registered', reason: null };
}

async function findFacts(
  transaction: Transaction,
  gatewayId: string,
  { deviceId, categoryId }: DiscoveryInput,
): Promise<{ facts: DiscoveryFacts; siteId: string | null }> {
  const category = (await findCategories(transaction, [categoryId])).get(categoryId);
  const found = await sql<{
    account_id: string | null;
    site_id: string | null;
    devices_max: number;
    devices: number;
    known_gateway_id: string | null;
    known_in_service: boolean | null;
    waits: boolean;
  }>`
    select gateways.account_id, gateways.site_id, just_in_time_devices_max as devices_max,
      (select count(*) from devices where gateway_id = gateways.id and just_in_time) as devices,
      device.gateway_id as known_gateway_id, device.in_service as known_in_service,
      exists (select from device_claims where device_id = ${deviceId} and claimed_at is null) as waits
    from gateways left join devices as device on device.id = ${deviceId}
    where gateways.id = ${gatewayId}`.execute(transaction);
  const row = found.rows[0];
  if (row === undefined) {
    throw new Error(`there is no gateway ${gatewayId}`);
  }
  return {
    siteId: row.site_id,
    facts: {
      known:
        row.known_gateway_id === null
          ? undefined
          : { gatewayId: row.known_gateway_id, inService: row.known_in_service ?? false },
      waitsToBeClaimed: row.waits,
      categoryAllows: category?.allowsJustInTime,
      gateway: {
        id: gatewayId,
        accountId: row.account_id,
        devices: row.devices,
        devicesMax: row.devices_max,
      },
    },
  };
}

async function note(
  transaction: Transaction,
  entry: { gatewayId: string; discovery: DiscoveryInput; reason: RefusalReason | null; now: Date },
): Promise<void> {
  const { gatewayId, discovery, reason, now } = entry;
  await sql`
    insert into device_discoveries (gateway_id, device_id, category_id, name, outcome, reason, first_at, last_at, count)
    values (${gatewayId}, ${discovery.deviceId}, ${discovery.categoryId}, ${discovery.name ?? null},
      ${reason === null ? 'registered' : 'refused'}, ${reason}, ${now}, ${now}, 1)
    on conflict (gateway_id, device_id) do update set category_id = excluded.category_id, name = excluded.name,
      outcome = excluded.outcome, reason = excluded.reason, last_at = excluded.last_at,
      count = device_discoveries.count + 1`.execute(transaction);
  if (reason !== null) {
    await dropOldRefusals(transaction, gatewayId, discovery.deviceId);
  }
}

async function dropOldRefusals(transaction: Transaction, gatewayId: string, deviceId: string): Promise<void> {
  await sql`
    delete from device_discoveries where gateway_id = ${gatewayId} and device_id in (
      select device_id from device_discoveries
      where gateway_id = ${gatewayId} and outcome = 'refused' and device_id <> ${deviceId}
      order by last_at desc, device_id offset ${refusedPerGatewayMax - 1})`.execute(transaction);
}

interface DiscoveryRow {
  gateway_id: string;
  device_id: string;
  category_id: string;
  name: string | null;
  outcome: 'registered' | 'refused';
  reason: RefusalReason | null;
  first_at: Date;
  last_at: Date;
  count: number;
}

export function toDiscovery(row: DiscoveryRow): Discovery {
  return {
    gatewayId: row.gateway_id,
    deviceId: row.device_id,
    categoryId: row.category_id,
    name: row.name,
    outcome: row.outcome,
    reason: row.reason,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    count: row.count,
  };
}

export async function listDiscoveries(
  database: Database,
  filter: {
    gatewayId?: string | undefined;
    outcome?: 'registered' | 'refused' | undefined;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<DiscoveryRow[]> {
  const { gatewayId, outcome, after } = filter;
  const found = await sql<DiscoveryRow>`
    select * from device_discoveries where true
      ${gatewayId === undefined ? sql`` : sql`and gateway_id = ${gatewayId}`}
      ${outcome === undefined ? sql`` : sql`and outcome = ${outcome}`}
      ${after === undefined ? sql`` : sql`and (gateway_id, device_id) > (${after[0]}, ${after[1]})`}
    order by gateway_id, device_id limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
