import { afterAll, describe, expect, test } from 'vitest';
import { parseSmppUrl } from '../../cloud/adapters/smpp/smpp-url.ts';
import { readConfig } from '../../cloud/config.ts';
import { TestAuthority } from '../support/certificates.ts';

describe('the settings of the cloud', () => {
  test('without any, everything has a default', () => {
    expect(readConfig({})).toMatchObject({
      httpHost: '127.0.0.1',
      httpPort: 8080,
      publicUrl: undefined,
      databaseUrl: undefined,
      administratorEmail: 'admin@andon.local',
      administratorPassword: undefined,
      mailFrom: undefined,
    });
  });

  test('an empty variable is as good as none, and a public address loses its last slash', () => {
    const config = readConfig({ ANDON_HTTP_PORT: ' ', ANDON_PUBLIC_URL: 'https://andon.example/' });
    expect(config.httpPort).toBe(8080);
    expect(config.publicUrl).toBe('https://andon.example');
  });

  test.each([
    ['ANDON_HTTP_PORT', '70000'],
    ['ANDON_HTTP_PORT', '-1'],
    ['ANDON_PUBLIC_URL', 'andon.example'],
    ['DATABASE_URL', 'mysql://localhost/andon'],
    ['SMTP_URL', 'http://mail'],
    ['SMPP_URL', 'smtp://mail'],
    ['MAIL_FROM', 'Andon'],
    ['MAIL_FROM', 'Andon <service@andon.example>\r\nBcc: all@andon.example'],
    ['ANDON_ADMIN_EMAIL', 'nobody'],
    ['ANDON_ADMIN_PASSWORD', 'short'],
    ['ANDON_LOG_LEVEL', 'loud'],
    ['ANDON_DATABASE_CONNECTIONS', '1'],
  ])('a wrong %s is named', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'config.invalid',
        field: name,
        message: expect.stringContaining(name),
      }),
    );
  });

  test.each(['smpp://andon:secret@sms.example:2775', 'smpps://andon:secret@sms.example'])(
    'the SMS centre at %s is one that the adapter can reach',
    (url) => {
      expect(parseSmppUrl(readConfig({ SMPP_URL: url }).smppUrl ?? '').host).toBe('sms.example');
    },
  );

  test.each(['service@andon.example', 'Ridgeway Service <service@andon.example>'])(
    'emails may be from %s',
    (sender) => {
      expect(readConfig({ MAIL_FROM: sender }).mailFrom).toBe(sender);
    },
  );

  test('a password in a wrong address is not repeated', () => {
    expect(() => readConfig({ DATABASE_URL: 'mysql://andon:secret@localhost/andon' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  test('readings are kept in the database unless all that InfluxDB needs is set, and what is coarser at least as long', () => {
    expect(readConfig({}).influx).toBeUndefined();
    const influx = {
      INFLUX_URL: 'http://127.0.0.1:8428',
      INFLUX_TOKEN: 'secret',
      INFLUX_ORG: 'andon',
      INFLUX_BUCKET: 'readings',
    };
    expect(readConfig(influx).influx).toEqual({
      url: 'http://127.0.0.1:8428',
      token: 'secret',
      org: 'andon',
      bucket: 'readings',
    });
    expect(() => readConfig({ ...influx, INFLUX_ORG: '' })).toThrow(
      expect.objectContaining({ field: 'INFLUX_ORG' }),
    );
    expect(readConfig({ ANDON_READINGS_DAYS: '1000' }).readingsKept).toEqual({
      readingsDays: 1000,
      minutesDays: 1000,
      hoursDays: 3650,
    });
    expect(() => readConfig({ ANDON_READINGS_MINUTES_DAYS: '399' })).toThrow(
      expect.objectContaining({ field: 'ANDON_READINGS_MINUTES_DAYS' }),
    );
  });
});

describe('the settings of TLS', () => {
  const authority = new TestAuthority();
  afterAll(() => authority.remove());
  const own = authority.sign('cloud', 'localhost', 'DNS:localhost');
  const other = authority.sign('other', 'localhost');
  const good = { ANDON_TLS_CERTIFICATE_FILE: own.certificateFile, ANDON_TLS_KEY_FILE: own.keyFile };

  test('are none, or a certificate with its key, and perhaps who signs those of gateways', () => {
    expect(readConfig({}).tls).toBeUndefined();
    expect(readConfig(good).tls).toMatchObject({ clientCa: undefined });
    const { tls } = readConfig({ ...good, ANDON_TLS_CLIENT_CA_FILE: authority.caFile });
    expect(tls?.clientCa).toContain('BEGIN CERTIFICATE');
  });

  test.each([
    ['ANDON_TLS_KEY_FILE', { ANDON_TLS_CERTIFICATE_FILE: own.certificateFile }],
    ['ANDON_TLS_CERTIFICATE_FILE', { ANDON_TLS_KEY_FILE: own.keyFile }],
    ['ANDON_TLS_CLIENT_CA_FILE', { ANDON_TLS_CLIENT_CA_FILE: authority.caFile }],
    ['ANDON_TLS_KEY_FILE', { ...good, ANDON_TLS_KEY_FILE: other.keyFile }],
    ['ANDON_TLS_KEY_FILE', { ...good, ANDON_TLS_KEY_FILE: own.certificateFile }],
    ['ANDON_TLS_CERTIFICATE_FILE', { ...good, ANDON_TLS_CERTIFICATE_FILE: own.keyFile }],
    ['ANDON_TLS_CERTIFICATE_FILE', { ...good, ANDON_TLS_CERTIFICATE_FILE: '/nowhere.pem' }],
    ['ANDON_TLS_CLIENT_CA_FILE', { ...good, ANDON_TLS_CLIENT_CA_FILE: own.keyFile }],
    ['ANDON_PUBLIC_URL', { ...good, ANDON_PUBLIC_URL: 'http://andon.example' }],
  ])('name %s where it is wrong, in one line', (field, environment) => {
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({
        code: 'config.invalid',
        field,
        message: expect.stringMatching(new RegExp(`^${field} [^\\n]*$`)),
      }),
    );
  });
});
