import { type App, changeAndTell, type Platform } from '../platform/index.ts';
import { bindCertificates } from './certificate-store.ts';
import { requireClientCertificatesServed } from './certificates.ts';
import { CertificateBinding, GatewayById, GatewaySummary } from './schemas.ts';

const tags = ['gateways'];
const write = { permission: 'gateways:write' } as const;

/** Which client certificates a gateway must show. */
export function certificateRoutes(
  app: App,
  platform: Platform,
  { clientCertificates }: { clientCertificates: boolean },
): void {
  app.put(
    '/v1/gateways/:id/certificate',
    {
      config: write,
      schema: {
        tags,
        params: GatewayById,
        body: CertificateBinding,
        response: { 200: GatewaySummary },
      },
    },
    async (request) => {
      requireClientCertificatesServed(clientCertificates);
      const { id } = request.params;
      const telling = { type: 'gateway.certificate-bound', payloadOf: boundPayload };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        bindCertificates(transaction, { id, binding: request.body, now }),
      );
    },
  );

  app.delete(
    '/v1/gateways/:id/certificate',
    { config: write, schema: { tags, params: GatewayById, response: { 200: GatewaySummary } } },
    async (request) => {
      const { id } = request.params;
      const telling = { type: 'gateway.certificate-unbound', payloadOf: boundPayload };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        bindCertificates(transaction, { id, binding: null, now }),
      );
    },
  );
}

const boundPayload = ({ id, certificateSha256, nextCertificateSha256 }: GatewaySummary) => ({
  gatewayId: id,
  certificateSha256,
  nextCertificateSha256,
});
