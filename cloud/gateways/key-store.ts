import { AndonError } from '@andon/shared/kernel';
import {
  appendEvent,
  type Database,
  inTransaction,
  type Platform,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { type BoundCertificates, requireCertificate, type ShownCertificate } from './certificates.ts';
import { wakeStreams } from './downlink-store.ts';
import { noSuchGateway, sha256Of } from './gateway-store.ts';

/** What a gateway's key begins with, so that people and secret scanners recognise it. */
export const keyPrefix = 'andon_gw_';

/** The key in `Authorization: Bearer andon_gw_…`. */
export function presentedKey({
  authorization = '',
}: {
  authorization?: string | undefined;
}): string | undefined {
  const key = /^Bearer (\S{1,200})$/i.exec(authorization)?.[1];
  return key?.startsWith(keyPrefix) ? key : undefined;
}

/**
 * Gives a gateway a new key. The one that it uses now stays good until the new one is used, and no longer than
 * `formerValidForSeconds`; with 0 it ends now, and the stream that was opened with it. A new key that nobody ever used
 * is replaced without a word: the gateway is still on the one before it.
 */
export async function replaceKey(
  transaction: Transaction,
  change: { id: string; keySha256: string; formerValidForSeconds: number; now: Date },
): Promise<void> {
  const { id, keySha256, formerValidForSeconds, now } = change;
  const endsNow = formerValidForSeconds === 0;
  const until = endsNow ? null : new Date(now.getTime() + formerValidForSeconds * 1000);
  const updated = await sql`
    update gateways set key_sha256 = ${keySha256}, key_issued_at = ${now}, key_revoked_at = null, key_used_at = null,
      former_key_until = ${until},
      ${
        endsNow
          ? sql`former_key_sha256 = null, stream_id = null`
          : sql`former_key_sha256 = case when key_used_at is null then former_key_sha256 else key_sha256 end`
      }
    where id = ${id}`.execute(transaction);
  if (updated.numAffectedRows === 0n) {
    throw noSuchGateway();
  }
  wakeStreams(transaction);
}

/** Nothing opens the doors for this gateway any more: no key, no code, and its stream ends. */
export async function revokeKeys(transaction: Transaction, id: string, now: Date): Promise<void> {
  const updated = await sql`
    update gateways set key_sha256 = null, key_used_at = null, former_key_sha256 = null, former_key_until = null,
      enrolment_code_sha256 = null, enrolment_code_expires_at = null, key_revoked_at = ${now}, stream_id = null
    where id = ${id}`.execute(transaction);
  if (updated.numAffectedRows === 0n) {
    throw noSuchGateway();
  }
  wakeStreams(transaction);
}

interface KeyHolder {
  readonly id: string;
  readonly name: string;
}

/**
 * Whose key it is, if it is good now. The first use of a new key ends the one before it; where somebody holds the
 * gateway's row just then, the next use does, so that no post waits for it.
 * @throws AndonError `gateways.certificate-not-good` (401) where the key is, and the certificate is not
 */
export async function findGatewayByKey(
  platform: Platform,
  key: string,
  shown: ShownCertificate,
): Promise<KeyHolder | undefined> {
  const sha256 = sha256Of(key);
  const found = await sql<KeyHolder & BoundCertificates & { is_new: boolean }>`
    select id, name, certificate_sha256, next_certificate_sha256, key_sha256 = ${sha256} and key_used_at is null as is_new from gateways
    where key_sha256 = ${sha256}
      or (former_key_sha256 = ${sha256} and former_key_until > ${new Date(platform.clock.now())})`.execute(
    platform.database,
  );
  const gateway = found.rows[0];
  if (gateway) {
    requireCertificate(gateway, shown);
  }
  if (gateway?.is_new) {
    await endFormerKey(platform, gateway.id, sha256);
  }
  return gateway && { id: gateway.id, name: gateway.name };
}

async function endFormerKey(platform: Platform, id: string, sha256: string): Promise<void> {
  const now = new Date(platform.clock.now());
  await inTransaction(platform.database, async (transaction) => {
    const updated = await sql<{ had_former: boolean }>`
      with present as (
        select id, former_key_sha256 is not null as had_former from gateways
        where id = ${id} and key_sha256 = ${sha256} and key_used_at is null for update skip locked)
      update gateways set key_used_at = ${now}, former_key_sha256 = null, former_key_until = null,
        stream_id = case when had_former then null else stream_id end
      from present where gateways.id = present.id returning had_former`.execute(transaction);
    if (updated.rows[0] === undefined) {
      return;
    }
    wakeStreams(transaction);
    await appendEvent(transaction, {
      type: 'gateway.key-used',
      key: id,
      payload: { gatewayId: id, formerKeyEnded: updated.rows[0].had_former },
      actor: `gateway:${id}`,
      occurredAt: now,
    });
  });
}

/** A code for this gateway; the one before it, if it was not used, is good no longer. */
export async function writeEnrolmentCode(
  transaction: Transaction,
  code: { id: string; sha256: string | null; expiresAt: Date | null },
): Promise<void> {
  const updated = await sql`
    update gateways set enrolment_code_sha256 = ${code.sha256}, enrolment_code_expires_at = ${code.expiresAt}
    where id = ${code.id}`.execute(transaction);
  if (updated.numAffectedRows === 0n) {
    throw noSuchGateway();
  }
}

/**
 * Takes the code, which is good once.
 * @throws AndonError `gateways.code-not-good` (403), `gateways.certificate-not-good` (401)
 */
export async function useEnrolmentCode(
  transaction: Transaction,
  { sha256, shown, now }: { sha256: string; shown: ShownCertificate; now: Date },
): Promise<KeyHolder> {
  const used = await sql<KeyHolder & BoundCertificates>`
    update gateways set enrolment_code_sha256 = null, enrolment_code_expires_at = null
    where enrolment_code_sha256 = ${sha256} and enrolment_code_expires_at > ${now}
    returning id, name, certificate_sha256, next_certificate_sha256`.execute(transaction);
  const gateway = used.rows[0];
  if (gateway === undefined) {
    throw new AndonError({
      code: 'gateways.code-not-good',
      message: 'The code is not good: it was mistyped, was used already, or has expired.',
      nextStep: 'Type it again, or ask an administrator for a new one.',
      field: 'code',
      status: 403,
    });
  }
  // Without it the code stays unused, as the transaction fails.
  requireCertificate(gateway, shown);
  return { id: gateway.id, name: gateway.name };
}

/** A message that the gateway has not said it has: a device that it is to serve, or no longer, or a command. */
export interface PendingRow {
  readonly number: number;
  readonly type: string;
  readonly device_id: string | null;
  readonly created_at: Date;
}

/** What is wanted of the gateway and may not run there yet, in the order in which it is sent. */
export async function listPending(
  database: Database,
  filter: { gatewayId: string; afterNumber?: number; limit: number },
): Promise<PendingRow[]> {
  const found = await sql<PendingRow>`
    select number, message ->> 'type' as type,
      coalesce(message ->> 'deviceId', message #>> '{device,id}', message #>> '{command,deviceId}') as device_id,
      created_at
    from gateway_downlink where gateway_id = ${filter.gatewayId} and number > ${filter.afterNumber ?? 0}
    order by number limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
