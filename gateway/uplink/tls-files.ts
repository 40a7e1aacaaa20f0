import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CloudSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { ClientTls } from './http-request.ts';

export type TlsFiles = Pick<CloudSettings, 'caFile' | 'clientCertificateFile' | 'clientKeyFile'>;
export type Warn = (details: object, message: string) => void;

const fileBytesMax = 1_048_576;
const othersMayRead = 0o044;

/**
 * What the files hold; undefined where none is named.
 * @throws AndonError `uplink.tls-files` naming the file and what is wrong with it
 */
export async function readTlsFiles({
  caFile,
  clientCertificateFile,
  clientKeyFile,
}: TlsFiles): Promise<ClientTls | undefined> {
  if (caFile === undefined && clientCertificateFile === undefined && clientKeyFile === undefined) {
    return undefined;
  }
  const tls: ClientTls = {
    ...(caFile !== undefined && { ca: await readPem(caFile) }),
    ...(clientCertificateFile !== undefined && { cert: await readPem(clientCertificateFile) }),
    ...(clientKeyFile !== undefined && { key: await readPem(clientKeyFile) }),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    const named = Object.values({ caFile, clientCertificateFile, clientKeyFile }).filter(Boolean);
    throw tlsFilesError(`${named.join(', ')}: TLS cannot use these files (${messageOf(error)}).`, error);
  }
  return tls;
}

export async function warnOfReadableKey({ clientKeyFile }: TlsFiles, warn: Warn): Promise<void> {
  if (clientKeyFile !== undefined && ((await stat(clientKeyFile)).mode & othersMayRead) !== 0) {
    warn(
      { clientKeyFile },
      "others on this machine can read the key of the gateway's certificate: chmod 600",
    );
  }
}

async function readPem(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'latin1');
    if (!text.includes('-----BEGIN ')) {
      throw new Error('it is not PEM');
    }
    if (text.length > fileBytesMax) {
      throw new Error(`it is larger than ${fileBytesMax} bytes`);
    }
    return text;
  } catch (error) {
    throw tlsFilesError(`The file ${file} cannot be read: ${messageOf(error)}.`, error);
  }
}

function tlsFilesError(message: string, cause: unknown): AndonError {
  return new AndonError({
    code: 'uplink.tls-files',
    message,
    nextStep:
      'Check cloud.caFile, cloud.clientCertificateFile and cloud.clientKeyFile: PEM, and the key that belongs to the certificate.',
    cause,
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
