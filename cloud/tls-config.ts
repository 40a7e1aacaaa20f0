import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { invalid } from './config-values.ts';
import type { TlsSettings } from './platform/index.ts';

type Text = (name: string) => string | undefined;

const fileBytesMax = 1_048_576;
const certificateName = 'ANDON_TLS_CERTIFICATE_FILE';
const keyName = 'ANDON_TLS_KEY_FILE';
const clientCaName = 'ANDON_TLS_CLIENT_CA_FILE';
const clientCrlName = 'ANDON_TLS_CLIENT_CRL_FILE';

/**
 * The settings `ANDON_TLS_*`; undefined where we serve plain HTTP.
 * @throws AndonError `config.invalid` naming the variable
 */
export function readTls(text: Text): TlsSettings | undefined {
  const [certificateFile, keyFile, clientCaFile] = [text(certificateName), text(keyName), text(clientCaName)];
  const clientCrlFile = text(clientCrlName);
  if (clientCrlFile !== undefined && clientCaFile === undefined) {
    throw invalid(clientCrlName, 'set without it', `set together with ${clientCaName}`);
  }
  if (certificateFile === undefined || keyFile === undefined) {
    requireNone({ certificateFile, keyFile, clientCaFile });
    return undefined;
  }
  const files = { certificateFile, keyFile, clientCaFile, clientCrlFile };
  return readFiles(files);
}

interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | undefined;
  readonly clientCrlFile: string | undefined;
}

function readFiles(files: TlsFiles): TlsSettings {
  const { certificateFile, keyFile, clientCaFile, clientCrlFile } = files;
  const certificate = readPem(certificateName, certificateFile);
  const key = readPem(keyName, keyFile);
  const clientCa = clientCaFile === undefined ? undefined : readPem(clientCaName, clientCaFile);
  const leaf = certificateOf(certificateName, certificate, certificateFile);
  if (!leaf.checkPrivateKey(keyOf(key, keyFile))) {
    throw invalid(
      keyName,
      `that of another one (${keyFile})`,
      `the key of the certificate in ${certificateName}`,
    );
  }
  tryOut(certificateName, certificateFile, { cert: certificate, key });
  if (clientCa !== undefined && clientCaFile !== undefined) {
    certificateOf(clientCaName, clientCa, clientCaFile);
    tryOut(clientCaName, clientCaFile, { ca: clientCa });
  }
  const clientCrl = clientCrlFile === undefined ? undefined : readPem(clientCrlName, clientCrlFile);
  if (clientCrl !== undefined && clientCrlFile !== undefined) {
    tryOut(clientCrlName, clientCrlFile, { crl: clientCrl });
  }
  return { certificate, key, clientCa, clientCrl, readAgain: () => readFiles(files) };
}

function requireNone(
  files: Record<'certificateFile' | 'keyFile' | 'clientCaFile', string | undefined>,
): void {
  const { certificateFile, keyFile, clientCaFile } = files;
  if (certificateFile !== undefined) {
    throw invalid(keyName, 'missing', `the file of the key that belongs to ${certificateName}`);
  }
  if (keyFile !== undefined) {
    throw invalid(certificateName, 'missing', `the file of the certificate that belongs to ${keyName}`);
  }
  if (clientCaFile !== undefined) {
    throw invalid(clientCaName, 'set without them', `set together with ${certificateName} and ${keyName}`);
  }
}

function readPem(name: string, file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > fileBytesMax) {
      throw new Error(`larger than ${fileBytesMax} bytes`);
    }
    return bytes.toString('latin1');
  } catch (error) {
    throw invalid(name, `one that cannot be read (${messageOf(error)})`, 'a PEM file');
  }
}

function certificateOf(name: string, pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw invalid(name, `something else: ${file} (${messageOf(error)})`, 'a PEM file with a certificate');
  }
}

/** What the file holds is not repeated. */
function keyOf(pem: string, file: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid(keyName, `something else: ${file}`, 'a PEM file with a private key, without a passphrase');
  }
}

/** What a certificate alone does not show, such as a key that is too short for today's TLS. */
function tryOut(name: string, file: string, options: Parameters<typeof createSecureContext>[0]): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw invalid(name, `one that TLS refuses: ${file} (${messageOf(error)})`, 'a PEM file of certificates');
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
