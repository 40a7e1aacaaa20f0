import type { CloudSettings } from '../contracts/index.ts';
import type { Tell } from './mistakes.ts';

const tlsKeys = ['caFile', 'clientCertificateFile', 'clientKeyFile'] as const;

/** Tells what no schema can say of the way to the cloud. */
export function checkCloud(cloud: CloudSettings, tell: Tell): void {
  if (!cloud.url.startsWith('https:')) {
    for (const key of tlsKeys.filter((one) => cloud[one] !== undefined)) {
      tell(['cloud', key], 'means nothing without TLS: url has to begin with https://');
    }
  }
  if (cloud.clientCertificateFile !== undefined && cloud.clientKeyFile === undefined) {
    tell(['cloud', 'clientCertificateFile'], 'needs clientKeyFile, the key that belongs to the certificate');
  }
  if (cloud.clientKeyFile !== undefined && cloud.clientCertificateFile === undefined) {
    tell(['cloud', 'clientKeyFile'], 'needs clientCertificateFile, the certificate that the key belongs to');
  }
}
