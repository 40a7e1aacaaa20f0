import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { banner } from '../../cloud/one-machine/banner.ts';
import { placesIn, readSettings } from '../../cloud/one-machine/config.ts';
import { gatewayConfiguration } from '../../cloud/one-machine/gateway-configuration.ts';
import { ensureGatewayConfiguration } from '../../cloud/one-machine/gateway-files.ts';
import { LogFile } from '../../cloud/one-machine/log-file.ts';
import { GatewayConfiguration } from '../../shared/contracts/index.ts';
import { isOf, stampOf } from '../../shared/programs/built-programs.js';

const folder = () => mkdtempSync(join(tmpdir(), 'andon-one-machine-unit-'));

const values = {
  gatewayId: 'line-1',
  cloudUrl: 'http://127.0.0.1:8080',
  mqttPort: 1883,
  statusPort: 8081,
};
const ports = { pumpPort: '/odd path: #1 \'x\' "y"/$& pump', ovenPort: '/dev/oven' };

describe('the settings of one machine', () => {
  it('is refused with settings of TLS, which the parts apart take', () => {
    expect(() => readSettings({ ANDON_TLS_KEY_FILE: 'a.key' })).toThrow(/^ANDON_TLS_KEY_FILE is set/);
  });

  it('has the defaults of the house, and takes others from the environment', () => {
    expect(readSettings({})).toMatchObject({
      http: { port: 8080 },
      mqtt: { port: 1883 },
      gatewayPage: { port: 8081 },
      dataDirectory: join(process.cwd(), '.andon'),
      demo: true,
      cloudHost: '127.0.0.1',
    });
    const settings = readSettings({
      ANDON_DEMO: '0',
      ANDON_HTTP_PORT: '9000',
      ANDON_HTTP_HOST: '::',
      ANDON_DATA_DIR: '/d',
    });
    expect(settings).toMatchObject({
      http: { port: 9000 },
      demo: false,
      dataDirectory: '/d',
      cloudHost: '127.0.0.1',
    });
    expect(readSettings({ ANDON_HTTP_HOST: 'fd00::1' }).cloudHost).toBe('[fd00::1]');
    expect(() => readSettings({ ANDON_GATEWAY_PORT: '70000' })).toThrow(/ANDON_GATEWAY_PORT/);
  });
});

describe('the built programs', () => {
  it('are of what is there until a file is edited or gone', () => {
    const place = folder();
    writeFileSync(join(place, 'a.ts'), 'one');
    const manifest = [stampOf('a.ts', place)];
    expect(isOf(place, manifest)).toBe(true);
    writeFileSync(join(place, 'a.ts'), 'three');
    expect(isOf(place, manifest)).toBe(false);
    expect(isOf(folder(), manifest)).toBe(false);
  });
});

describe('the gateway configuration of one machine', () => {
  it('is a valid one, with and without the devices, whatever characters a path holds', () => {
    const full = parse(gatewayConfiguration({ ...values, demo: ports }));
    expect([...Value.Errors(GatewayConfiguration, full)]).toEqual([]);
    expect(full.connectors[0].port.path).toBe(ports.pumpPort);
    expect(full.cloud.url).toBe(values.cloudUrl);
    const empty = parse(gatewayConfiguration(values));
    expect(Value.Check(GatewayConfiguration, empty)).toBe(true);
    expect(empty.connectors).toBeUndefined();
  });

  it('is brought up to date until a person changes it, and then left alone', () => {
    const places = placesIn(folder());
    const written = () => readFileSync(places.gatewayConfiguration, 'utf8');
    const elsewhere = { ...values, cloudUrl: 'http://127.0.0.1:9090' };
    expect(ensureGatewayConfiguration(places, values)).toBe(true);
    expect(statSync(places.gatewayConfiguration).mode & 0o777).toBe(0o600);
    expect(ensureGatewayConfiguration(places, elsewhere)).toBe(true);
    expect(written()).toContain('9090');
    const changed = `${written()}# mine\n`;
    writeFileSync(places.gatewayConfiguration, changed);
    expect(ensureGatewayConfiguration(places, elsewhere)).toBe(true);
    expect(ensureGatewayConfiguration(places, values)).toBe(false);
    expect(written()).toBe(changed);
  });
});

describe('the log of a part', () => {
  it('never grows beyond its limit, and keeps the file before', () => {
    const path = join(folder(), 'logs', 'part.log');
    const log = new LogFile(path, 1020);
    for (let line = 0; line < 100; line += 1) log.write(`line ${line}\n`.padStart(50, '.'));
    log.close();
    expect(statSync(path).size).toBeLessThanOrEqual(1020);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1020);
    expect(log.lastLines.at(-1)).toMatch(/line 99$/);
    const again = new LogFile(path, 1020);
    again.write('more\n');
    again.close();
    expect(readFileSync(path, 'utf8')).toMatch(/line 99\nmore\n$/);
  });
});

describe('the banner', () => {
  const facts = {
    consoleUrl: 'http://localhost:8080',
    gatewayPageUrl: 'http://127.0.0.1:8081',
    mqttPort: 1883,
    dataDirectory: '/srv/andon',
    demo: true,
    stillBroken: [],
    adminEmail: 'admin@andon.local',
    adminPassword: 'only-now',
    seconds: 2.34,
    coloured: false,
  };

  it('says ready, where, how to sign in, what will happen and how to stop', () => {
    const text = banner(facts);
    for (const part of [
      'ready',
      facts.consoleUrl,
      'admin@andon.local',
      'only-now',
      'press-1',
      'pump-1',
      'Ctrl-C',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('\x1b');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('promises no story where an earlier start left a device broken', () => {
    const text = banner({ ...facts, stillBroken: ['pump-1'] });
    expect(text).not.toContain('In the next minute');
    expect(text).toContain('pump-1 is still broken');
    expect(text).toContain('npm run sim -- repair pump-1');
  });

  it('says how to get a new password when it was made before', () => {
    const text = banner({ ...facts, adminPassword: undefined, demo: false });
    expect(text).toContain('npm run cloud -- reset-password admin@andon.local');
    expect(text).not.toContain('overheats');
  });
});
