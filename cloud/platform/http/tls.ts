import type { ServerOptions } from 'node:https';

/** What we serve HTTPS with, in PEM. */
export interface TlsSettings {
  /** Ours, followed by those between it and the root. */
  readonly certificate: string;
  readonly key: string;
  /** Who signs the certificates of gateways; undefined: none is asked for. */
  readonly clientCa: string | undefined;
}

const handshakeMillisecondsMax = 20_000;

/** A client without a certificate comes in too: browsers use the same port. Who has to have one is asked for it later. */
export function serverOptionsOf({ certificate, key, clientCa }: TlsSettings): ServerOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMillisecondsMax,
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
  };
}
