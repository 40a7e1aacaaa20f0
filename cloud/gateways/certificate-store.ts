import { sql, type Transaction } from '../platform/index.ts';
import { canonicalSha256 } from './certificates.ts';
import { wakeStreams } from './downlink-store.ts';
import { type GatewayRow, noSuchGateway, toSummary } from './gateway-store.ts';
import type { CertificateBinding, GatewaySummary } from './schemas.ts';

/** From now on only these certificates are good, and none is asked for with null; the stream that is open ends. */
export async function bindCertificates(
  transaction: Transaction,
  change: { id: string; binding: CertificateBinding | null; now: Date },
): Promise<GatewaySummary> {
  const { id, binding, now } = change;
  const present = binding && canonicalSha256(binding.certificateSha256);
  const next = binding?.nextCertificateSha256 ? canonicalSha256(binding.nextCertificateSha256) : null;
  const updated = await sql<GatewayRow>`
    update gateways set certificate_sha256 = ${present}, next_certificate_sha256 = ${next}, stream_id = null,
      updated_at = ${now}, version = version + 1
    where id = ${id} returning *`.execute(transaction);
  const [row] = updated.rows;
  if (row === undefined) {
    throw noSuchGateway();
  }
  wakeStreams(transaction);
  return toSummary(row);
}
