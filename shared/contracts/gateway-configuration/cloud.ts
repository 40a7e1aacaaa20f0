import { type Static, Type } from 'typebox';
import { strict } from './primitives.ts';

const File = Type.String({ minLength: 1, maxLength: 4096 });

/** Where the cloud is, and what the gateway shows there. The files of certificates are PEM; a changed one is read again. */
export const CloudSettings = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', maxLength: 2048 }),
    /** A file that holds the gateway's key, and nothing else. */
    keyFile: File,
    /** Who signs the cloud's certificate; otherwise those whom the machine trusts. */
    caFile: Type.Optional(File),
    /** The gateway's own certificate, followed by those between it and the root. */
    clientCertificateFile: Type.Optional(File),
    clientKeyFile: Type.Optional(File),
  },
  strict,
);
export type CloudSettings = Static<typeof CloudSettings>;
