import { createHash } from 'node:crypto';
import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import type { Gateway, GatewayInput, GatewaySummary } from './schemas.ts';

export type GatewayTables = {
  gateways: {
    id: string;
    name: string;
    key_sha256: string | null;
    key_issued_at: Date;
    key_revoked_at: Date | null;
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
    keyIssuedAt: row.key_issued_at.toISOString(),
    keyRevokedAt: row.key_revoked_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function insertGateway(
  transaction: Transaction,
  gateway: { input: GatewayInput; keySha256: string; now: Date },
): Promise<GatewaySummary> {
  try {
    const row = await transaction
      .withTables<GatewayTables>()
      .insertInto('gateways')
      .values({
        ...gateway.input,
        key_sha256: gateway.keySha256,
        key_issued_at: gateway.now,
        key_revoked_at: null,
        connected: false,
        last_seen_at: null,
        stream_id: null,
        downlink_number: 0,
        downlink_acknowledged: 0,
        downlink_dropped: 0,
        mqtt_host: null,
        mqtt_port: null,
        mqtt_tls_port: null,
        created_at: gateway.now,
        updated_at: gateway.now,
        version: 1,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toSummary(row);
  } catch (error) {
    if (violates(error, 'gateways_pkey')) {
      throw new AndonError({
        code: 'gateways.id-taken',
        message: `There is a gateway ${gateway.input.id} already.`,
        nextStep: 'Choose another id, or give the gateway a new key.',
        field: 'id',
        status: 409,
      });
    }
    throw error;
  }
}

export async function renameGateway(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; name: string; now: Date },
): Promise<GatewaySummary> {
  const row = await transaction
    .withTables<GatewayTables>()
    .updateTable('gateways')
    .set((expression) => ({
      name: change.name,
      updated_at: change.now,
      version: expression('version', '+', 1),
    }))
    .where('id', '=', change.id)
    .where('version', '=', change.expectedVersion)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    const present = await requireGateway(transaction, change.id);
    throw staleVersion(change.expectedVersion, present.version);
  }
  return toSummary(row);
}

/** A new key, or none (`undefined`: revoked). The stream that was opened with the former key ends. */
export async function replaceKey(
  transaction: Transaction,
  change: { id: string; keySha256: string | undefined; now: Date },
): Promise<void> {
  const updated = await transaction
    .withTables<GatewayTables>()
    .updateTable('gateways')
    .set({
      key_sha256: change.keySha256 ?? null,
      stream_id: null,
      ...(change.keySha256 === undefined
        ? { key_revoked_at: change.now }
        : { key_issued_at: change.now, key_revoked_at: null }),
    })
    .where('id', '=', change.id)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) {
    throw noSuchGateway();
  }
}

function noSuchGateway(): AndonError {
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

export async function requireGateway(database: Database, id: string): Promise<GatewayRow> {
  const row = await findGateway(database, id);
  if (row === undefined) {
    throw noSuchGateway();
  }
  return row;
}

export async function findGatewayByKey(
  database: Database,
  key: string,
): Promise<{ id: string; name: string } | undefined> {
  return database
    .withTables<GatewayTables>()
    .selectFrom('gateways')
    .select(['id', 'name'])
    .where('key_sha256', '=', sha256Of(key))
    .executeTakeFirst();
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
