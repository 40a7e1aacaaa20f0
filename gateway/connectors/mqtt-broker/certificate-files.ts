import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { MqttTlsSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { messageOf } from '../../message-of.ts';

const fileBytesMax = 1_048_576;

/** Reads the files of a listener; throws what a person can act on where one is absent or does not fit the others. */
export function readCertificates(settings: MqttTlsSettings): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: readPem(settings.certificateFile),
    key: readPem(settings.keyFile),
    ...(settings.clientCaFile === undefined ? {} : { ca: readPem(settings.clientCaFile) }),
    ...(settings.revokedFile === undefined ? {} : { crl: readPem(settings.revokedFile) }),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new AndonError({
      code: 'mqtt-broker.certificates-unusable',
      message: `The certificate ${settings.certificateFile} cannot be used: ${messageOf(error)}`,
      nextStep: 'Check that the files are PEM, and that the key belongs to the certificate.',
      cause: error,
    });
  }
  return options;
}

/** Changes when one of the files does. */
export async function fingerprintOf(settings: MqttTlsSettings): Promise<string> {
  const files = [settings.certificateFile, settings.keyFile, settings.clientCaFile, settings.revokedFile];
  const marks = files.map(async (file) => {
    if (file === undefined) {
      return '';
    }
    try {
      const { ino, size, mtimeMs } = await stat(file);
      return `${ino} ${size} ${mtimeMs}`;
    } catch (error) {
      return messageOf(error);
    }
  });
  return (await Promise.all(marks)).join('\n');
}

function readPem(file: string): Buffer {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > fileBytesMax) {
      throw new Error(`it is larger than ${fileBytesMax} bytes`);
    }
    return bytes;
  } catch (error) {
    throw new AndonError({
      code: 'mqtt-broker.certificate-file',
      message: `The file ${file} cannot be read: ${messageOf(error)}`,
      nextStep: 'Check its path, which is relative to the configuration, and who may read it.',
      cause: error,
    });
  }
}
