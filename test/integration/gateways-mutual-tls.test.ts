import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../cloud/config.ts';
import { type ClientTls, HttpServer } from '../../gateway/uplink/http-request.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { TestAuthority } from '../support/certificates.ts';
import { createDeviceGround } from '../support/edge-gateway.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

type Signed = ReturnType<TestAuthority['sign']>;

const authority = new TestAuthority();
const stranger = new TestAuthority('Somebody else');
const folder = temporaryFolder();
const usualAuthorities = getCACertificates('default');
let cloud: TestApp;
let certificates: Record<'hall1' | 'hall1Next' | 'hall2' | 'foreign', Signed>;

beforeAll(async () => {
  const server = authority.sign('server', 'localhost', 'DNS:localhost,IP:127.0.0.1');
  certificates = {
    hall1: authority.sign('hall-1', 'hall-1'),
    hall1Next: authority.sign('hall-1-next', 'hall-1'),
    hall2: authority.sign('hall-2', 'hall-2'),
    foreign: stranger.sign('hall-1', 'hall-1'),
  };
  const { tls } = readConfig({
    ANDON_TLS_CERTIFICATE_FILE: server.certificateFile,
    ANDON_TLS_KEY_FILE: server.keyFile,
    ANDON_TLS_CLIENT_CA_FILE: authority.caFile,
  });
  setDefaultCACertificates([...usualAuthorities, readFileSync(authority.caFile, 'utf8')]);
  cloud = await createTestApp(tls ? { tls } : {});
});
afterAll(async () => {
  await cloud.close();
  setDefaultCACertificates(usualAuthorities);
  for (const made of [authority, stranger, folder]) {
    made.remove();
  }
});

const sha256Of = ({ certificateFile }: Signed): string =>
  new X509Certificate(readFileSync(certificateFile)).fingerprint256;
const canonical = (signed: Signed): string => sha256Of(signed).replaceAll(':', '').toLowerCase();
const tlsOf = (signed?: Signed): ClientTls => ({
  ca: readFileSync(authority.caFile, 'utf8'),
  ...(signed && {
    cert: readFileSync(signed.certificateFile, 'utf8'),
    key: readFileSync(signed.keyFile, 'utf8'),
  }),
});

async function enrol(id: string): Promise<string> {
  return (await cloud.administrator.post('/v1/gateways', { id, name: `Gateway ${id}` })).body.key;
}
const bind = (id: string, present: Signed, next?: Signed) =>
  cloud.administrator.put(`/v1/gateways/${id}/certificate`, {
    certificateSha256: sha256Of(present),
    nextCertificateSha256: next === undefined ? null : sha256Of(next),
  });

/** A request with the gateway's key over a connection that shows this certificate. */
async function ask(key: string, signed?: Signed, path = '/v1/gateway/identity') {
  const answer = await new HttpServer(cloud.url, tlsOf(signed)).send({
    path,
    method: 'GET',
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(10_000),
  });
  return answer;
}
async function refusalOf(key: string, signed?: Signed, path?: string) {
  const answer = await ask(key, signed, path);
  return { status: answer.status, ...JSON.parse(await answer.text()) };
}
const refused = { status: 401, code: 'gateways.certificate-not-good' };

describe('a cloud that serves TLS itself', () => {
  test('lets people and programs in without a certificate on the port of the gateways', async () => {
    expect(cloud.url).toMatch(/^https:/);
    expect((await cloud.administrator.get('/v1/users')).status).toBe(200);
    const { administratorEmail: email, administratorPassword: password } = cloud;
    const signedIn = await cloud.anonymous.post('/v1/session', { email, password });
    expect(signedIn.headers.getSetCookie().join()).toMatch(/^__Host-.*Secure/);
    expect(signedIn.headers.get('strict-transport-security')).toContain('max-age=');
  });

  test('takes a gateway that is bound to no certificate with or without one', async () => {
    const key = await enrol('free-1');
    expect((await ask(key)).status).toBe(200);
    expect((await ask(key, certificates.hall2)).status).toBe(200);
    expect((await ask(key, certificates.foreign)).status).toBe(200);
  });
});

describe('a gateway that is bound to its certificate', () => {
  test('comes in with that alone: not without, nor with another authority’s or gateway’s', async () => {
    const key = await enrol('hall-1');
    const bound = await bind('hall-1', certificates.hall1);
    expect(bound.body).toMatchObject({ certificateSha256: canonical(certificates.hall1) });
    for (const path of ['/v1/gateway/identity', '/v1/gateway/downlink']) {
      expect(await refusalOf(key, undefined, path)).toMatchObject(refused);
      expect(await refusalOf(key, certificates.foreign, path)).toMatchObject(refused);
      expect(await refusalOf(key, certificates.hall2, path)).toMatchObject(refused);
    }
    const { keyUsedAt } = (await cloud.administrator.get('/v1/gateways/hall-1')).body;
    expect(keyUsedAt).toBeNull();
    expect((await ask(key, certificates.hall1)).status).toBe(200);
    expect((await cloud.clientWithKey('andon_gw_none').get('/v1/gateway/identity')).body.code).not.toBe(
      refused.code,
    );
  });

  test('is refused where another authority signed the very certificate that it is bound to', async () => {
    const key = await enrol('hall-3');
    await bind('hall-3', certificates.foreign);
    expect(await refusalOf(key, certificates.foreign)).toMatchObject(refused);
  });

  test('uses a code with its certificate alone; a refused one is not used up', async () => {
    const made = await cloud.administrator.post('/v1/gateways', {
      id: 'hall-4',
      name: 'Hall four',
      credential: 'code',
    });
    await bind('hall-4', certificates.hall1);
    const { code } = made.body.enrolment;
    const bare = await cloud.anonymous.post('/v1/gateway-enrolments', { code });
    expect([bare.status, bare.body.code]).toEqual([401, refused.code]);
    const file = join(folder.path, 'enrolled', 'gateway.yaml');
    mkdirSync(join(folder.path, 'enrolled'));
    const program = new GatewayProcess([
      ...['enrol', '--url', cloud.url, '--code', code, '--config', file, '--ca', authority.caFile],
      ...['--client-certificate', certificates.hall1.certificateFile],
      ...['--client-key', certificates.hall1.keyFile],
    ]);
    expect(`${await program.exited} ${program.log}`).toContain('0 This is the gateway hall-4');
    expect(readFileSync(file, 'utf8')).toMatch(/caFile: .*ca\.pem\n.*clientCertificateFile: .*hall-1\.pem/);
    const check = new GatewayProcess(['check', file]);
    expect(`${await check.exited} ${check.log}`).toContain('is good');
  });

  test('tells its bindings as events, and who may not manage gateways may not bind', async () => {
    await enrol('hall-5');
    await bind('hall-5', certificates.hall1, certificates.hall1Next);
    await cloud.administrator.delete('/v1/gateways/hall-5/certificate');
    const { rows } = await cloud.pool.query(
      "select type, payload from events where key = 'hall-5' and type like 'gateway.certificate%' order by id",
    );
    expect(rows).toMatchObject([
      {
        type: 'gateway.certificate-bound',
        payload: { nextCertificateSha256: canonical(certificates.hall1Next) },
      },
      { type: 'gateway.certificate-unbound', payload: { certificateSha256: null } },
    ]);
    const viewer = await cloud.clientWithRole('viewer');
    const put = await viewer.put('/v1/gateways/hall-5/certificate', { certificateSha256: 'a'.repeat(64) });
    expect(put.status).toBe(403);
    const path = '/v1/gateways/hall-5/certificate';
    const short = await cloud.administrator.put(path, { certificateSha256: 'abcd' });
    expect([short.status, short.body.errors?.[0]?.field ?? short.body.field]).toEqual([
      422,
      'certificateSha256',
    ]);
    expect((await cloud.administrator.delete('/v1/gateways/none/certificate')).status).toBe(404);
  });

  test('cannot be bound where the cloud asks for no certificates, and stays refused there', async () => {
    const plain = await createTestApp({ background: false });
    try {
      const { key } = (await plain.administrator.post('/v1/gateways', { id: 'hall-6', name: 'Hall six' }))
        .body;
      const answer = await plain.administrator.put('/v1/gateways/hall-6/certificate', {
        certificateSha256: 'a'.repeat(64),
      });
      expect([answer.status, answer.body.code]).toEqual([409, 'gateways.no-client-certificates']);
      await plain.pool.query("update gateways set certificate_sha256 = $1 where id = 'hall-6'", [
        'a'.repeat(64),
      ]);
      const identity = () => plain.clientWithKey(key).get('/v1/gateway/identity');
      expect((await identity()).body).toMatchObject({ code: refused.code });
      expect((await plain.administrator.delete('/v1/gateways/hall-6/certificate')).status).toBe(200);
      expect((await identity()).status).toBe(200);
    } finally {
      await plain.close();
    }
  });
});

test('a bound gateway delivers over mutual TLS, and takes up the next certificate without a restart', async () => {
  const key = await enrol('line-1');
  const { assetId, categoryId } = await createDeviceGround(cloud);
  await bind('line-1', certificates.hall1);
  const device = { deviceId: 'press-1', categoryId, gatewayId: 'line-1' };
  const registered = await cloud.administrator.post(`/v1/assets/${assetId}/register`, device);
  const inFolder = (name: string) => join(folder.path, name);
  const install = ({ certificateFile, keyFile }: Signed) => {
    copyFileSync(certificateFile, inFolder('line-1.pem'));
    copyFileSync(keyFile, inFolder('line-1.key.pem'));
    chmodSync(inFolder('line-1.key.pem'), 0o644);
  };
  install(certificates.hall1);
  writeFileSync(inFolder('line-1.key'), key, { mode: 0o600 });
  const configuration = {
    gateway: { id: 'line-1', dataDirectory: 'line-1' },
    cloud: {
      url: cloud.url,
      keyFile: 'line-1.key',
      caFile: authority.caFile,
      clientCertificateFile: 'line-1.pem',
      clientKeyFile: 'line-1.key.pem',
    },
    mqttBroker: { host: '127.0.0.1', port: 0 },
    statusPage: { port: 0 },
  };
  writeFileSync(inFolder('line-1.yaml'), JSON.stringify(configuration));
  const gateway = await GatewayProcess.start(inFolder('line-1.yaml'));
  const publish = async (temperature: number) => {
    const url = `mqtt://127.0.0.1:${gateway.ports.mqtt}`;
    const client = await eventually(
      'the broker to know the device',
      () =>
        connectAsync(url, { username: 'press-1', password: registered.body.mqtt.password }, false).catch(
          () => false as const,
        ),
      30_000,
    );
    await client.publishAsync('devices/press-1/telemetry', JSON.stringify({ temperature }), { qos: 1 });
    await client.endAsync();
  };
  const arrives = (value: number) =>
    eventually(
      `the reading ${value}`,
      async () => {
        const { rows } = await cloud.pool.query('select 1 from readings where value = $1', [value]);
        return rows.length > 0;
      },
      30_000,
    );
  try {
    await publish(31);
    await arrives(31);
    await bind('line-1', certificates.hall1, certificates.hall1Next);
    await publish(32);
    await arrives(32);
    install(certificates.hall1Next);
    await bind('line-1', certificates.hall1Next);
    await publish(33);
    await arrives(33);
    expect(await refusalOf(key, certificates.hall1)).toMatchObject(refused);
    expect(gateway.log).toContain('chmod 600');
  } finally {
    await gateway.stop();
  }
});

test('an open downlink ends when the binding changes, and when it is taken away', async () => {
  const key = await enrol('hall-7');
  await bind('hall-7', certificates.hall1);
  for (const change of [
    () => bind('hall-7', certificates.hall1, certificates.hall1Next),
    () => cloud.administrator.delete('/v1/gateways/hall-7/certificate'),
  ]) {
    const stream = await ask(key, certificates.hall1, '/v1/gateway/downlink');
    expect(stream.status).toBe(200);
    await change();
    cloud.wake();
    expect(await stream.text()).toContain('retry:');
  }
  expect((await ask(key)).status).toBe(200);
});
