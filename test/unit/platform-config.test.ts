import { describe, expect, test } from 'vitest';
import { readConfig } from '../../cloud/config.ts';

describe('the settings of the cloud', () => {
  test('without any, everything has a default', () => {
    expect(readConfig({})).toMatchObject({
      httpHost: '127.0.0.1',
      httpPort: 8080,
      publicUrl: undefined,
      databaseUrl: undefined,
      administratorEmail: 'admin@andon.local',
      administratorPassword: undefined,
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

  test('a password in a wrong address is not repeated', () => {
    expect(() => readConfig({ DATABASE_URL: 'mysql://andon:secret@localhost/andon' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});
