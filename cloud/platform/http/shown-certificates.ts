import type { Server } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** The connections that are open with a certificate of a client. */
export interface ShownCertificates {
  /** Ends all; whoever is trusted still comes again. Answers how many. */
  endAll(): number;
  /**
   * Ends those whose certificate, or one between it and the root, has one of these serial numbers. Where another
   * authority gave the same number, that one comes again. Answers how many.
   */
  endOf(serialNumbers: ReadonlySet<string>): number;
}

/** Nothing is asked of a certificate again once its connection is open: who wants it to end says so here. */
export function keepShownCertificates(server: Pick<Server, 'on'>): ShownCertificates {
  const serialNumbersOf = new Map<TLSSocket, readonly string[]>();
  server.on('secureConnection', (socket: TLSSocket) => {
    const serialNumbers = serialNumbersUpwards(socket.getPeerCertificate(true));
    if (serialNumbers.length > 0) {
      serialNumbersOf.set(socket, serialNumbers);
      socket.once('close', () => serialNumbersOf.delete(socket));
    }
  });
  const end = (isOver: (serialNumbers: readonly string[]) => boolean): number => {
    const over = [...serialNumbersOf].filter(([, serialNumbers]) => isOver(serialNumbers));
    for (const [socket] of over) {
      socket.destroy();
    }
    return over.length;
  };
  return {
    endAll: () => end(() => true),
    endOf: (wanted) => end((serialNumbers) => serialNumbers.some((one) => wanted.has(one))),
  };
}

/** Empty where none was shown. The root is its own issuer. */
function serialNumbersUpwards(shown: DetailedPeerCertificate): string[] {
  const certificates = new Set<DetailedPeerCertificate>();
  let certificate: DetailedPeerCertificate | undefined = shown;
  while (certificate?.serialNumber !== undefined && !certificates.has(certificate)) {
    certificates.add(certificate);
    certificate = certificate.issuerCertificate;
  }
  return [...certificates].map(({ serialNumber }) => serialNumber);
}
