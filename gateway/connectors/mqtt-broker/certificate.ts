import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Slug } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

const slug = Compile(Slug);
const namesMax = 32;

/** The certificate that a client showed. */
export interface ClientCertificate {
  /** The ids of devices that it may stand for, the most explicit first. */
  readonly deviceIds: readonly string[];
  /** Why it was not signed by whom it should, or is not valid now; undefined where it is good. */
  readonly fault: string | undefined;
}

/** Undefined on a connection without TLS, and where the client showed none. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) {
    return undefined;
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    return undefined;
  }
  const deviceIds = deviceIdsOf(certificate.subjectAltName, certificate.subject);
  return {
    deviceIds,
    fault: socket.authorized ? undefined : String(socket.authorizationError ?? 'not trusted'),
  };
}

/**
 * The ids that a certificate names: its alternative names of the kind DNS (`press-1`) and URI (what follows the last
 * colon or slash, as in `urn:andon:device:press-1`), then its common name. Node writes a name that needs it in quotes
 * (as it could hold `, DNS:another`); no id needs it, so a list with a quote is not read.
 */
export function deviceIdsOf(alternativeNames: string | undefined, subject: string): string[] {
  const alternatives = (alternativeNames?.includes('"') === true ? '' : (alternativeNames ?? ''))
    .split(', ')
    .slice(0, namesMax)
    .map((name) => /^(?:DNS:|URI:(?:.*[:/])?)([^:/]+)$/.exec(name)?.[1] ?? '');
  const commonNames = subject.split('\n').map((line) => /^CN=(.*)$/.exec(line)?.[1] ?? '');
  const names =
    commonNames.filter((name) => name !== '').length > 1 ? alternatives : [...alternatives, ...commonNames];
  return [...new Set(names)].filter((name) => slug.Check(name));
}
