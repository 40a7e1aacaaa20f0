import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { AndonError } from '@andon/shared/kernel';
import type { GatewayRow } from './gateway-store.ts';

/** What the gateway's record says of the certificates that it must show; both null: of none. */
export type BoundCertificates = Pick<GatewayRow, 'certificate_sha256' | 'next_certificate_sha256'>;

/** The client certificate of a connection. */
export interface ShownCertificate {
  /** Null: none was shown. SHA-256 of its DER form, in lower case. */
  readonly sha256: string | null;
  /** Signed by the authority that we trust for gateways, and within its time. */
  readonly isTrusted: boolean;
}

/**
 * What this connection shows. Node takes a resumed session without any certificate for authorized: it counts only
 * together with the fingerprint.
 */
export function shownCertificate({ socket }: Pick<IncomingMessage, 'socket'>): ShownCertificate {
  if (!(socket instanceof TLSSocket)) {
    return { sha256: null, isTrusted: false };
  }
  const { fingerprint256 } = socket.getPeerCertificate();
  const sha256 = typeof fingerprint256 === 'string' ? canonicalSha256(fingerprint256) : null;
  return { sha256, isTrusted: sha256 !== null && socket.authorized };
}

/** As `openssl x509 -fingerprint` writes it, with colons, or without them. */
export const canonicalSha256 = (text: string): string => text.replaceAll(':', '').toLowerCase();

/** @throws AndonError `gateways.certificate-not-good` (401) where the gateway is bound to another certificate */
export function requireCertificate(bound: BoundCertificates, shown: ShownCertificate): void {
  if (bound.certificate_sha256 === null) {
    return;
  }
  const isBound =
    shown.sha256 !== null && [bound.certificate_sha256, bound.next_certificate_sha256].includes(shown.sha256);
  if (!shown.isTrusted || !isBound) {
    throw certificateNotGood(shown);
  }
}

function certificateNotGood({ sha256, isTrusted }: ShownCertificate): AndonError {
  const why =
    sha256 === null
      ? 'none came with this connection'
      : isTrusted
        ? 'this connection shows another one'
        : 'that of this connection is not signed by the authority for gateways, or its time is over';
  return new AndonError({
    code: 'gateways.certificate-not-good',
    message: `The gateway is bound to its client certificate, and ${why}.`,
    nextStep:
      'Connect by TLS without a proxy in between, with cloud.clientCertificateFile and cloud.clientKeyFile, or ask an administrator which certificate the gateway is bound to.',
    status: 401,
  });
}

/** @throws AndonError `gateways.no-client-certificates` (409) where no connection could ever show one */
export function requireClientCertificatesServed(areServed: boolean): void {
  if (!areServed) {
    throw new AndonError({
      code: 'gateways.no-client-certificates',
      message:
        'This cloud asks nobody for a client certificate: a gateway that is bound to one could not come in.',
      nextStep:
        'Start it with ANDON_TLS_CERTIFICATE_FILE, ANDON_TLS_KEY_FILE and ANDON_TLS_CLIENT_CA_FILE, and bind the gateway then.',
      status: 409,
    });
  }
}
