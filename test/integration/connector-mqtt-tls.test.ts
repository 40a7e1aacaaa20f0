import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { MqttTlsSettings } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { connect as connectMqtt, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { TestAuthority } from '../support/certificates.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const password = 'secret of press';
const devices = [
  { id: 'press', mqttPasswordSha256: createHash('sha256').update(password).digest('hex') },
  { id: 'lathe' },
];

describeRequiring('MQTT over TLS', { openssl: hasProgram('openssl') }, () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let server: { certificateFile: string; keyFile: string };
  let context: RecordingContext;
  let broker: MqttBrokerConnector | undefined;
  const clients: MqttClient[] = [];

  beforeAll(() => {
    authority = new TestAuthority();
    stranger = new TestAuthority('Somebody else');
    server = authority.sign('broker', 'localhost', 'DNS:localhost,IP:127.0.0.1');
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.end(true);
    }
    await broker?.stop();
  });
  afterAll(() => {
    authority?.remove();
    stranger?.remove();
  });

  async function start(tls: Partial<MqttTlsSettings> = {}): Promise<number> {
    context = new RecordingContext(devices);
    broker = createMqttBroker(
      { host: '127.0.0.1', plain: false, tls: { port: 0, ...server, ...tls } },
      context,
      { clock: systemClock },
    );
    await broker.start();
    return broker.tlsAddress()?.port ?? 0;
  }

  async function connect(port: number, options: IClientOptions = {}): Promise<MqttClient> {
    const client = connectMqtt(`mqtts://127.0.0.1:${port}`, {
      ca: authority.read(authority.caFile),
      reconnectPeriod: 0,
      ...options,
    });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.on('error', reject);
      client.once('close', () => reject(new Error('the connection was closed')));
    });
    return client;
  }

  const certificate = (signed: { certificateFile: string; keyFile: string }) => ({
    cert: authority.read(signed.certificateFile),
    key: authority.read(signed.keyFile),
  });

  it('takes a device with its password, and closes the port without TLS', async () => {
    const port = await start();
    const client = await connect(port, { username: 'press', password });
    await client.publishAsync('devices/press/telemetry', '{"t":1}', { qos: 1 });
    expect(context.values('press', 't')).toHaveLength(1);
    expect(broker?.address()).toBeUndefined();
    await expect(connect(port, { username: 'press', password: 'guessed' })).rejects.toThrow(/authori[sz]ed/i);
  });

  it('takes a device with a certificate in place of the password, by common or alternative name', async () => {
    const port = await start({ clientCaFile: authority.caFile, clientCertificates: 'required' });
    const byName = await connect(port, certificate(authority.sign('lathe', 'lathe')));
    await byName.publishAsync('devices/lathe/telemetry', '{"t":1}', { qos: 1 });
    const signed = authority.sign('lathe-uri', 'Lathe of hall 3', 'URI:urn:andon:device:lathe');
    const byUri = await connect(port, { ...certificate(signed), username: 'lathe' });
    await byUri.publishAsync('devices/lathe/telemetry', '{"t":2}', { qos: 1 });
    expect(context.values('lathe', 't').map(({ value }) => value)).toEqual([1, 2]);
    expect(broker?.serves('lathe')).toBe(true);
  });

  it('binds a client to its certificate, whatever else it knows', async () => {
    const port = await start({ clientCaFile: authority.caFile });
    const lathe = certificate(authority.sign('lathe', 'lathe'));
    await expect(connect(port, { ...lathe, username: 'press', password })).rejects.toThrow();
    const press = certificate(authority.sign('press', 'press'));
    await expect(connect(port, { ...press, username: 'press', password: 'guessed' })).rejects.toThrow();
    await expect(connect(port, certificate(authority.sign('ghost', 'ghost')))).rejects.toThrow();
    const forged = stranger.sign('press', 'press');
    await expect(connect(port, { ...certificate(forged), username: 'press', password })).rejects.toThrow();
    expect(context.reasons).toEqual([
      'certificate-of-another',
      'wrong-password',
      'unknown-device',
      'certificate-not-trusted',
    ]);
    const without = await connect(port, { username: 'press', password });
    expect(without.connected).toBe(true);
  });

  it('refuses at the handshake who shows no good certificate where one is required', async () => {
    const revoked = authority.sign('revoked', 'lathe');
    const revokedFile = authority.revoke(revoked.certificateFile);
    const port = await start({ clientCaFile: authority.caFile, revokedFile, clientCertificates: 'required' });
    await expect(connect(port, { username: 'press', password })).rejects.toThrow();
    await expect(connect(port, certificate(stranger.sign('lathe', 'lathe')))).rejects.toThrow();
    await expect(connect(port, certificate(revoked))).rejects.toThrow();
    const good = await connect(port, certificate(authority.sign('lathe', 'lathe')));
    expect(good.connected).toBe(true);
    await eventually('the refusals', () => context.reasons.length === 3);
    expect(new Set(context.reasons)).toEqual(new Set(['tls-handshake']));
  });

  it('takes new certificates when their files change, and lets connections stand', async () => {
    const files = {
      certificateFile: join(authority.folder, 'used.pem'),
      keyFile: join(authority.folder, 'used.key'),
    };
    copyFileSync(server.certificateFile, files.certificateFile);
    copyFileSync(server.keyFile, files.keyFile);
    const port = await start(files);
    const client = await connect(port, { username: 'press', password });
    const renewed = authority.sign('renewed', 'renewed', 'DNS:localhost,IP:127.0.0.1');
    copyFileSync(renewed.certificateFile, files.certificateFile);
    await eventually(
      'the half-written pair to be noticed',
      () => broker?.health().counters.certificatesUnusable === 1,
    );
    await client.publishAsync('devices/press/telemetry', '{"t":1}', { qos: 1 });
    copyFileSync(renewed.keyFile, files.keyFile);
    await eventually('the new pair to be taken', () => broker?.health().counters.certificatesReloaded === 1);
    const { stream } = await connect(port, { username: 'press', password });
    const seen = stream instanceof TLSSocket ? stream.getPeerCertificate().subject.CN : undefined;
    expect(seen).toBe('renewed');
    await client.publishAsync('devices/press/telemetry', '{"t":2}', { qos: 1 });
    expect(context.values('press', 't')).toHaveLength(2);
  });

  it('says what is wrong with its files instead of starting', async () => {
    await expect(start({ keyFile: '/nowhere/broker.key' })).rejects.toMatchObject({
      code: 'mqtt-broker.certificate-file',
    });
    await expect(start({ keyFile: authority.sign('other', 'other').keyFile })).rejects.toMatchObject({
      code: 'mqtt-broker.certificates-unusable',
    });
  });

  describeRequiring('with mosquitto_pub', { mosquitto_pub: hasProgram('mosquitto_pub') }, () => {
    const publish = (port: number, ...parameters: readonly string[]) =>
      new Promise<number>((resolve) => {
        execFile(
          'mosquitto_pub',
          [
            '-h',
            'localhost',
            '-p',
            String(port),
            '-q',
            '1',
            '-t',
            'devices/lathe/telemetry',
            '-m',
            '{"t":3}',
            ...parameters,
          ],
          { timeout: 10_000 },
          (error) => resolve(error === null ? 0 : 1),
        );
      });

    it('takes --cafile, --cert and --key [I8]', async () => {
      const port = await start({ clientCaFile: authority.caFile, clientCertificates: 'required' });
      const { certificateFile, keyFile } = authority.sign('lathe', 'lathe');
      expect(
        await publish(port, '--cafile', authority.caFile, '--cert', certificateFile, '--key', keyFile),
      ).toBe(0);
      expect(context.values('lathe', 't')).toEqual([{ signal: 't', value: 3 }]);
      expect(await publish(port, '--cafile', authority.caFile)).toBe(1);
      expect(
        await publish(port, '--cafile', stranger.caFile, '--cert', certificateFile, '--key', keyFile),
      ).toBe(1);
      expect(context.values('lathe', 't')).toHaveLength(1);
    });
  });
});
