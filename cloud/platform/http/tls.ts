import type { Server, ServerOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import { revokedSerialNumbers } from './revocation-list.ts';
import { keepShownCertificates } from './shown-certificates.ts';

/** What we serve HTTPS with, in PEM. */
export interface TlsSettings {
  /** Ours, followed by those between it and the root. */
  readonly certificate: string;
  readonly key: string;
  /** Who signs the certificates of gateways; undefined: none is asked for. */
  readonly clientCa: string | undefined;
  /** Which of those are revoked; undefined: none. */
  readonly clientCrl: string | undefined;
  /**
   * The same, from the files as they are now.
   * @throws AndonError where they do not fit together
   */
  readonly readAgain: () => TlsSettings;
}

const handshakeMillisecondsMax = 20_000;

/** A client without a certificate comes in too: browsers use the same port. Who has to have one is asked for it later. */
export function serverOptionsOf(settings: TlsSettings): ServerOptions {
  return {
    ...contextOf(settings),
    handshakeTimeout: handshakeMillisecondsMax,
    ...(settings.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
  };
}

const contextOf = ({ certificate, key, clientCa, clientCrl }: TlsSettings): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  ...(clientCrl === undefined ? {} : { crl: clientCrl }),
});

const lookMilliseconds = 5_000;

/**
 * Takes the certificates anew whenever the files have changed. New connections get the new; what is open stays, save
 * for connections of clients whose certificate is revoked by now, and all with a certificate where another authority
 * is trusted; a handshake that is under way then ends, too, and begins anew. Files that do not fit together (half of a pair is written) are told once, and what was there is kept.
 */
export function followFiles(
  server: Pick<Server, 'setSecureContext' | 'on'>,
  settings: TlsSettings,
  logger: Pick<FastifyBaseLogger, 'info' | 'error'>,
  everyMilliseconds = lookMilliseconds,
): { stop(): void } {
  const shown = keepShownCertificates(server);
  let present = settings;
  let told = '';
  const endedBy = (next: TlsSettings, revoked: ReadonlySet<string>): number => {
    if (next.clientCa !== present.clientCa) {
      return shown.endAll();
    }
    return next.clientCrl === present.clientCrl ? 0 : shown.endOf(revoked);
  };
  const look = (): void => {
    try {
      const next = settings.readAgain();
      if (textOf(next) !== textOf(present)) {
        const revoked = revokedSerialNumbers(next.clientCrl ?? '');
        server.setSecureContext(contextOf(next));
        const ended = endedBy(next, revoked);
        present = next;
        logger.info({ ended }, 'new connections get the certificates that were put in place');
      }
      told = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== told) {
        logger.error(
          { err: error },
          'the certificates that were put in place are not taken; those before are kept',
        );
      }
      told = message;
    }
  };
  const timer = setInterval(look, everyMilliseconds);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

const textOf = ({ certificate, key, clientCa, clientCrl }: TlsSettings): string =>
  JSON.stringify([certificate, key, clientCa, clientCrl]);
