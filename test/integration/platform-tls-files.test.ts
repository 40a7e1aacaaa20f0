import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect as connectPlainly, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  connect,
  getCACertificates,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../cloud/config.ts';
import { createHttp, listenOn } from '../../cloud/platform/index.ts';
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

function open(signed?: typeof gateway, place: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(cloud.url).port),
      ...place,
      servername: 'localhost',
      ca: readFileSync(authority.caFile),
      ...(signed && { cert: readFileSync(signed.certificateFile), key: readFileSync(signed.keyFile) }),
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
}

async function shown(place?: ConnectionOptions): Promise<string> {
  const socket = await open(undefined, place);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

/** The status line of an answer on this connection. */
function ask(
  socket: TLSSocket,
  key?: string,
  path = key === undefined ? '/healthz' : '/v1/gateway/identity',
): Promise<string> {
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

/** A gateway that is bound to its certificate; gives its key. */
async function enrol(id: string, signed: typeof gateway): Promise<string> {
  const { key } = (await cloud.administrator.post('/v1/gateways', { id, name: `Gateway ${id}` })).body;
  await cloud.administrator.put(`/v1/gateways/${id}/certificate`, {
    certificateSha256: fingerprintOf(signed.certificateFile),
    nextCertificateSha256: null,
  });
  return key;
}

test('a certificate that its authority revokes is good no longer, once the list says so [I3]', async () => {
  const key = await enrol('hall-1', gateway);
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

test('the connection that is open when its certificate is revoked ends, another does not, and no session of it is resumed [I3]', async () => {
  const lines = await Promise.all(
    ['hall-2', 'hall-3'].map(async (id) => {
      const signed = authority.sign(id, id);
      const key = await enrol(id, signed);
      const socket = await open(signed);
      let session: Buffer | undefined;
      socket.on('session', (one: Buffer) => {
        session = one;
      });
      expect(await ask(socket, key, '/v1/gateway/downlink')).toBe('HTTP/1.1 200 OK');
      return { signed, key, socket, sessionOf: () => session };
    }),
  );
  const [revoked, kept] = lines;
  if (revoked === undefined || kept === undefined) {
    throw new Error('there are no lines');
  }
  revoked.socket.resume().on('error', () => undefined);
  authority.revoke(revoked.signed.certificateFile);
  await eventually('the line to be cut', async () => revoked.socket.destroyed, deadline);
  expect(kept.socket.destroyed).toBe(false);
  const session = revoked.sessionOf();
  expect(session).toBeDefined();
  const resumed = await open(revoked.signed, { session });
  expect(await ask(resumed, revoked.key)).toBe('HTTP/1.1 401 Unauthorized');
  const again = await open(kept.signed);
  expect(await ask(again, kept.key)).toBe('HTTP/1.1 200 OK');
  for (const socket of [resumed, again, kept.socket]) {
    socket.destroy();
  }
});

/** A wire that brings the client's hello to the cloud, and holds back what the client says after it. */
async function holdingWire() {
  const sockets: Socket[] = [];
  let isHeld = false;
  const wire = createServer((client) => {
    const cloudSide = connectPlainly(Number(new URL(cloud.url).port), '127.0.0.1');
    sockets.push(client, cloudSide);
    cloudSide.pipe(client);
    client.once('data', (hello) => {
      cloudSide.write(hello);
      client.pause();
      cloudSide.once('data', () => {
        isHeld = true;
      });
    });
    for (const socket of [client, cloudSide]) {
      socket.on('error', () => undefined);
      socket.once('close', () => [client, cloudSide].map((one) => one.destroy()));
    }
  });
  await once(wire.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (wire.address() as AddressInfo).port,
    isHeld: () => isHeld,
    release() {
      const [client, cloudSide] = sockets;
      if (client && cloudSide) {
        client.pipe(cloudSide);
      }
    },
    end() {
      for (const socket of sockets) {
        socket.destroy();
      }
      wire.close();
    },
  };
}

test('a handshake that is under way when its certificate is revoked does not let it in [I3]', async () => {
  const signed = authority.sign('hall-4', 'hall-4');
  const key = await enrol('hall-4', signed);
  const line = await open(signed);
  line.resume().on('error', () => undefined);
  const wire = await holdingWire();
  try {
    const answer = open(signed, { port: wire.port }).then(
      (socket) =>
        Promise.race([ask(socket, key), once(socket, 'close').then(() => 'ended')]).catch(() => 'ended'),
      () => 'ended',
    );
    await eventually('the handshake to be under way', async () => wire.isHeld(), deadline);
    authority.revoke(signed.certificateFile);
    await eventually('the open line to be cut', async () => line.destroyed, deadline);
    wire.release();
    expect(await answer).toBe('ended');
  } finally {
    wire.end();
    line.destroy();
  }
});

test('a request by either address of localhost is finished before the end', async () => {
  const release = Promise.withResolvers<void>();
  const story: string[] = [];
  const app = await createHttp({
    platform: cloud.platform,
    capabilities: [
      {
        name: 'slow',
        routes: (doors) =>
          doors.get('/slow', { config: { permission: 'public' } }, async () => {
            story.push('asked');
            await release.promise;
            return 'whole';
          }),
      },
    ],
    consoleDirectory: folder.path,
    trustedProxies: [],
  });
  const addresses = ['127.0.0.1', '127.0.0.2'];
  const address = await listenOn(app, { host: 'localhost', port: 0 }, async () => addresses);
  const port = Number(new URL(address).port);
  const agent = new Agent({ keepAlive: true });
  try {
    const answers = [addresses[1]].map(async (host) => {
      const [answer] = (await once(get({ host, port, path: '/slow', agent }), 'response')) as [
        IncomingMessage,
      ];
      return (await answer.toArray()).join('');
    });
    await eventually('the request', () => story.length === 1);
    const closed = app.close().then(() => story.push('closed'));
    await eventually('the first address to be closed', () => !app.server.listening);
    await new Promise((resolve) => app.server.getConnections(resolve));
    await new Promise(setImmediate);
    story.push('released');
    release.resolve();
    expect(await Promise.all(answers)).toEqual(['whole']);
    await closed;
    expect(story).toEqual(['asked', 'released', 'closed']);
  } finally {
    release.resolve();
    agent.destroy();
    await app.close();
  }
});

test('both addresses of localhost show the new certificate, and take no connection once we stop [I3]', async () => {
  const { tls } = readConfig({
    ANDON_TLS_CERTIFICATE_FILE: place.certificate,
    ANDON_TLS_KEY_FILE: place.key,
  });
  if (tls === undefined) {
    throw new Error('there are no settings for TLS');
  }
  const app = await createHttp({
    platform: cloud.platform,
    capabilities: [],
    consoleDirectory: folder.path,
    trustedProxies: [],
    tls,
  });
  const addresses = ['127.0.0.1', '127.0.0.2'];
  try {
    const address = await listenOn(app, { host: 'localhost', port: 0 }, async () => addresses);
    const port = Number(new URL(address).port);
    const shownAt = () => Promise.all(addresses.map((host) => shown({ host, port })));
    const present = fingerprintOf(place.certificate);
    expect(await shownAt()).toEqual([present, present]);
    const other = present === fingerprintOf(first.certificateFile) ? second : first;
    copyFileSync(other.certificateFile, place.certificate);
    copyFileSync(other.keyFile, place.key);
    const next = fingerprintOf(place.certificate);
    await eventually(
      'the new one to be shown at both',
      async () => (await shownAt()).every((fingerprint) => fingerprint === next),
      deadline,
    );
    const socket = await open(undefined, { host: '127.0.0.2', port });
    expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
    await app.close();
    await expect(open(undefined, { host: '127.0.0.2', port })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  } finally {
    await app.close();
  }
});
