import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/**
 * The connections that are open with a certificate of a client. With some of them end those whose handshake is under
 * way: what they show is still to be judged by what was trusted when they began.
 */
export interface ShownCertificates {
  /** Ends all; whoever is trusted still comes again. Answers how many. */
  endAll(): number;
  /**
   * Ends those whose certificate, or one between it and the root, has one of these serial numbers. Where another
   * authority gave the same number, that one comes again, as do those whose handshake was under way. Answers how many.
   */
  endOf(serialNumbers: ReadonlySet<string>): number;
}

/** Nothing is asked of a certificate again once its connection is open: who wants it to end says so here. */
export function keepShownCertificates(server: Pick<Server, 'on'>): ShownCertificates {
  const serialNumbersOf = new Map<TLSSocket, readonly string[]>();
  const shakingHands = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const ends = endsOf(socket);
    shakingHands.set(ends, socket);
    socket.once('close', () => {
      if (shakingHands.get(ends) === socket) {
        shakingHands.delete(ends);
      }
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    shakingHands.delete(endsOf(socket));
    const serialNumbers = serialNumbersUpwards(socket.getPeerCertificate(true));
    if (serialNumbers.length > 0) {
      serialNumbersOf.set(socket, serialNumbers);
      socket.once('close', () => serialNumbersOf.delete(socket));
    }
  });
  const end = (isOver: (serialNumbers: readonly string[]) => boolean): number => {
    const over = [...serialNumbersOf].filter(([, serialNumbers]) => isOver(serialNumbers));
    const ended = [...over.map(([socket]) => socket), ...shakingHands.values()];
    for (const socket of ended) {
      socket.destroy();
    }
    return ended.length;
  };
  return {
    endAll: () => end(() => true),
    endOf: (wanted) => end((serialNumbers) => serialNumbers.some((one) => wanted.has(one))),
  };
}

/** What a connection and the encrypted one that it carries have in common, and no two open ones. */
const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  [remoteAddress, remotePort, localAddress, localPort].join();

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
