import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../cloud/config.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { TestAuthority } from '../support/certificates.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

const authority = new TestAuthority();
const folder = temporaryFolder();
const place = { certificate: join(folder.path, 'cloud.pem'), key: join(folder.path, 'cloud.key') };
const first = authority.sign('first', 'localhost', 'DNS:localhost,IP:127.0.0.1');
const second = authority.sign('second', 'localhost', 'DNS:localhost,IP:127.0.0.1');
const gateway = authority.sign('gateway', 'hall-1');
const usualAuthorities = getCACertificates('default');
let cloud: TestApp;
let list: string;

beforeAll(async () => {
  copyFileSync(first.certificateFile, place.certificate);
  copyFileSync(first.keyFile, place.key);
  list = authority.revoke();
  const { tls } = readConfig({
    ANDON_TLS_CERTIFICATE_FILE: place.certificate,
    ANDON_TLS_KEY_FILE: place.key,
    ANDON_TLS_CLIENT_CA_FILE: authority.caFile,
    ANDON_TLS_CLIENT_CRL_FILE: list,
  });
  if (tls === undefined) {
    throw new Error('there are no settings for TLS');
  }
  setDefaultCACertificates([...usualAuthorities, readFileSync(authority.caFile, 'utf8')]);
  cloud = await createTestApp({ tls, background: false, logLevel: 'silent' });
});
afterAll(async () => {
  await cloud?.close();
  setDefaultCACertificates(usualAuthorities);
  authority.remove();
  folder.remove();
});

/** The cloud looks every five seconds. */
const deadline = 30_000;

const fingerprintOf = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;

function open(signed?: typeof gateway): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(cloud.url).port),
      servername: 'localhost',
      ca: readFileSync(authority.caFile),
      ...(signed && { cert: readFileSync(signed.certificateFile), key: readFileSync(signed.keyFile) }),
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
}

async function shown(): Promise<string> {
  const socket = await open();
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

/** The status line of an answer on this connection. */
function ask(socket: TLSSocket, key?: string): Promise<string> {
  const path = key === undefined ? '/healthz' : '/v1/gateway/identity';
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`;
  return new Promise((resolve, reject) => {
    socket.once('data', (bytes) => resolve(bytes.toString().split('\r\n')[0] ?? ''));
    socket.once('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${authorization}\r\n`);
  });
}

test('a new certificate is taken without a restart, a bad pair is not, and what is open stays open [I3]', async () => {
  const before = await open();
  expect(await shown()).toBe(fingerprintOf(first.certificateFile));
  const errors: unknown[] = [];
  cloud.platform.logger.error = (...said: unknown[]) => void errors.push(said);
  copyFileSync(second.certificateFile, place.certificate);
  await eventually('the bad pair to be told', async () => errors.length > 0, deadline);
  expect(errors).toMatchObject([[{ err: { code: 'config.invalid' } }, expect.any(String)]]);
  expect(await shown()).toBe(fingerprintOf(first.certificateFile));
  copyFileSync(second.keyFile, place.key);
  await eventually(
    'the new one to be shown',
    async () => (await shown()) === fingerprintOf(second.certificateFile),
    deadline,
  );
  expect(errors).toHaveLength(1);
  expect(await ask(before)).toBe('HTTP/1.1 200 OK');
  before.destroy();
});

test('a certificate that its authority revokes is good no longer, once the list says so [I3]', async () => {
  const { key } = (await cloud.administrator.post('/v1/gateways', { id: 'hall-1', name: 'Hall 1' })).body;
  await cloud.administrator.put('/v1/gateways/hall-1/certificate', {
    certificateSha256: fingerprintOf(gateway.certificateFile),
    nextCertificateSha256: null,
  });
  const statusOf = async (): Promise<string> => {
    const socket = await open(gateway);
    const status = await ask(socket, key);
    socket.destroy();
    return status;
  };
  expect(await statusOf()).toBe('HTTP/1.1 200 OK');
  authority.revoke(gateway.certificateFile);
  await eventually(
    'it to be refused',
    async () => (await statusOf()) === 'HTTP/1.1 401 Unauthorized',
    deadline,
  );
});
