import { createHash } from 'node:crypto';
import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import type { Gateway, GatewayEdit, GatewayInput, GatewaySummary } from './schemas.ts';

export const justInTimeDevicesMaxDefault = 100;

export type GatewayTables = {
  gateways: {
    id: string;
    name: string;
    key_sha256: string | null;
    former_key_sha256: string | null;
    key_issued_at: Date | null;
    key_used_at: Date | null;
    former_key_until: Date | null;
    key_revoked_at: Date | null;
    enrolment_code_expires_at: Date | null;
    certificate_sha256: string | null;
    next_certificate_sha256: string | null;
    account_id: string | null;
    site_id: string | null;
    just_in_time_devices_max: number;
    connected: boolean;
    last_seen_at: Date | null;
    stream_id: string | null;
    downlink_number: number;
    downlink_acknowledged: number;
    downlink_dropped: number;
    mqtt_host: string | null;
    mqtt_port: number | null;
    mqtt_tls_port: number | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  gateway_lanes: {
    gateway_id: string;
    lane: string;
    epoch: string;
    acked: number;
    began_at: Date;
    last_batch_at: Date;
  };
  gateway_downlink: {
    gateway_id: string;
    number: number;
    subject: string | null;
    message: unknown;
    created_at: Date;
  };
};
export type GatewayRow = GatewayTables['gateways'];

export function sha256Of(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function toSummary(row: GatewayRow): GatewaySummary {
  return {
    id: row.id,
    name: row.name,
    connected: row.connected,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    mqtt:
      row.mqtt_host === null
        ? null
        : { host: row.mqtt_host, port: row.mqtt_port, tlsPort: row.mqtt_tls_port },
    accountId: row.account_id,
    siteId: row.site_id,
    justInTimeDevicesMax: row.just_in_time_devices_max,
    keyIssuedAt: row.key_issued_at?.toISOString() ?? null,
    keyUsedAt: row.key_used_at?.toISOString() ?? null,
    formerKeyUntil: row.former_key_until?.toISOString() ?? null,
    certificateSha256: row.certificate_sha256,
    nextCertificateSha256: row.next_certificate_sha256,
    enrolmentCodeExpiresAt: row.enrolment_code_expires_at?.toISOString() ?? null,
    keyRevokedAt: row.key_revoked_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function insertGateway(
  transaction: Transaction,
  gateway: { input: Omit<GatewayInput, 'credential'>; keySha256: string | null; now: Date },
): Promise<GatewaySummary> {
  const { input, keySha256, now } = gateway;
  await requireSite(transaction, input.accountId ?? null, input.siteId ?? null);
  try {
    const inserted = await sql<GatewayRow>`
      insert into gateways (id, name, account_id, site_id, just_in_time_devices_max, key_sha256, key_issued_at,
        created_at, updated_at)
      values (${input.id}, ${input.name}, ${input.accountId ?? null}, ${input.siteId ?? null},
        ${input.justInTimeDevicesMax ?? justInTimeDevicesMaxDefault}, ${keySha256},
        ${keySha256 === null ? null : now}, ${now}, ${now})
      returning *`.execute(transaction);
    return toSummary(rowOf(inserted.rows));
  } catch (error) {
    if (violates(error, 'gateways_pkey')) {
      throw new AndonError({
        code: 'gateways.id-taken',
        message: `There is a gateway ${input.id} already.`,
        nextStep: 'Choose another id, or give the gateway a new key.',
        field: 'id',
        status: 409,
      });
    }
    throw pointsNowhere(error, input.accountId ?? null);
  }
}

export async function editGateway(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; edit: GatewayEdit; now: Date },
): Promise<GatewaySummary> {
  const { id, expectedVersion, edit, now } = change;
  const present = await requireGateway(transaction, id);
  const accountId = edit.accountId === undefined ? present.account_id : edit.accountId;
  const siteId = edit.siteId === undefined ? present.site_id : edit.siteId;
  await requireSite(transaction, accountId, siteId);
  try {
    const updated = await sql<GatewayRow>`
      update gateways set name = ${edit.name}, account_id = ${accountId}, site_id = ${siteId},
        just_in_time_devices_max = ${edit.justInTimeDevicesMax ?? present.just_in_time_devices_max},
        updated_at = ${now}, version = version + 1
      where id = ${id} and version = ${expectedVersion} returning *`.execute(transaction);
    if (updated.rows.length === 0) {
      throw staleVersion(expectedVersion, present.version);
    }
    return toSummary(rowOf(updated.rows));
  } catch (error) {
    throw pointsNowhere(error, accountId);
  }
}

function rowOf(rows: readonly GatewayRow[]): GatewayRow {
  const [row] = rows;
  if (row === undefined) {
    throw new Error('the gateway was not stored');
  }
  return row;
}

async function requireSite(
  transaction: Transaction,
  accountId: string | null,
  siteId: string | null,
): Promise<void> {
  if (siteId !== null) {
    const found = await sql`
      select from sites where id = ${siteId} and account_id = ${accountId}`.execute(transaction);
    if (found.rows.length === 0) {
      throw nowhere('siteId', `The account has no such site: ${siteId}.`);
    }
  }
}

function pointsNowhere(error: unknown, accountId: string | null): unknown {
  return violates(error, 'gateways_account')
    ? nowhere('accountId', `There is no such account: ${accountId}.`)
    : error;
}

function nowhere(field: string, message: string): AndonError {
  return new AndonError({
    code: 'gateways.reference-unknown',
    message,
    nextStep: 'Name one that exists.',
    field,
    status: 422,
  });
}

export function noSuchGateway(): AndonError {
  return new AndonError({
    code: 'gateways.no-such-gateway',
    message: 'There is no such gateway.',
    nextStep: 'Look for it in GET /v1/gateways.',
    status: 404,
  });
}

export async function findGateway(database: Database, id: string): Promise<GatewayRow | undefined> {
  return database
    .withTables<GatewayTables>()
    .selectFrom('gateways')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function findGateways(database: Database, ids: readonly string[]): Promise<GatewayRow[]> {
  const found = await sql<GatewayRow>`select * from gateways where id = any(${[...ids]})`.execute(database);
  return found.rows;
}

export async function requireGateway(database: Database, id: string): Promise<GatewayRow> {
  const row = await findGateway(database, id);
  if (row === undefined) {
    throw noSuchGateway();
  }
  return row;
}

export async function describeGateway(database: Database, id: string): Promise<Gateway> {
  const row = await requireGateway(database, id);
  const lanes = await sql<GatewayTables['gateway_lanes']>`
    select distinct on (lane) * from gateway_lanes where gateway_id = ${id}
    order by lane, last_batch_at desc, began_at desc`.execute(database);
  const pending = await database
    .withTables<GatewayTables>()
    .selectFrom('gateway_downlink')
    .select((expression) => expression.fn.countAll<number>().as('count'))
    .where('gateway_id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    ...toSummary(row),
    lanes: lanes.rows.map((lane) => ({
      lane: lane.lane,
      epoch: lane.epoch,
      acked: lane.acked,
      beganAt: lane.began_at.toISOString(),
      lastBatchAt: lane.last_batch_at.toISOString(),
    })),
    downlink: {
      lastNumber: row.downlink_number,
      acknowledged: row.downlink_acknowledged,
      pending: pending.count,
    },
  };
}

export async function listGateways(
  database: Database,
  filter: { q?: string; connected?: boolean; afterId?: string; limit: number },
): Promise<GatewayRow[]> {
  let query = database.withTables<GatewayTables>().selectFrom('gateways').selectAll();
  if (filter.q !== undefined) {
    query = query.where(sql<boolean>`position(lower(${filter.q}) in lower(id || ' ' || name)) > 0`);
  }
  if (filter.connected !== undefined) {
    query = query.where('connected', '=', filter.connected);
  }
  if (filter.afterId !== undefined) {
    query = query.where('id', '>', filter.afterId);
  }
  return query
    .orderBy('id')
    .limit(filter.limit + 1)
    .execute();
}
