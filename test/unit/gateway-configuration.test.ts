import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationError, loadConfiguration, parseConfiguration } from '../../gateway/config/index.ts';
import { temporaryFolder } from '../support/outbox.ts';

function mistakesOf(text: string): string[] {
  try {
    parseConfiguration(text, 'gateway.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.message.split('\n');
    }
    throw error;
  }
  return [];
}

const bus = `
gateway: { id: edge-1 }
connectors:
  - type: modbus-rtu
    name: bus
    port: { path: /dev/ttyS0 }
    slaves:
      - deviceId: pump-1
        unitId: 7
        pollMilliseconds: 500
        points:
          - { signal: pressure, table: holding-register, address: 0 }
          - { signal: stop, table: coil, address: 1, writable: true, read: false }
`;

test('A good configuration has no mistakes', () => {
  expect(mistakesOf(`${bus}devices: [{ id: pump-1 }]\n`)).toEqual([]);
});

test('Every mistake is told in one go, with line, column and key', () => {
  const text = `gateway:
  id: A B
  color: red
connectors:
  - type: modbus-rtu
    name: bus
    port: { path: '', baudRate: fast }
    slaves: []
  - type: carrier-pigeon
devices:
  - id: press
    rules:
      - name: hot
        version: 1
        signal: temperature
        limits:
          hihi:
            setpoint: high
            severity: AWFUL
        onAlert: { type: write, point: 5, value: [1] }
      - name: cold
`;
  expect(mistakesOf(text)).toEqual([
    expect.stringMatching(/^gateway\.yaml:2:7: gateway\.id must be of lower-case letters/),
    'gateway.yaml:3:10: gateway.color is not known',
    expect.stringMatching(/^gateway\.yaml:7:19: connectors\[0\]\.port\.path must not have fewer than 1/),
    'gateway.yaml:7:33: connectors[0].port.baudRate must be integer',
    expect.stringMatching(/^gateway\.yaml:8:5: connectors\[0\]\.slaves must not have fewer than 1/),
    expect.stringMatching(
      /^gateway\.yaml:9:11: connectors\[1\]\.type must be one of modbus-rtu, modbus-tcp, /,
    ),
    'gateway.yaml:18:23: devices[0].rules[0].limits.hihi.setpoint must be number',
    expect.stringMatching(/^gateway\.yaml:19:23: .*severity must be one of CRITICAL, MAJOR/),
    'gateway.yaml:20:40: devices[0].rules[0].onAlert.point must be string',
    expect.stringMatching(/^gateway\.yaml:20:43: devices\[0\]\.rules\[0\]\.onAlert\.value must be/),
    'gateway.yaml:21:9: devices[0].rules[1].version is missing',
    'gateway.yaml:21:9: devices[0].rules[1].signal is missing',
  ]);
});

test('A slip of the pen is told with what was probably meant', () => {
  const text = `
gateway: { id: edge-1, dataDirectroy: data }
divices: []
connectors:
  - { type: modbus-rut, name: bus }
  - type: modbus-rtu
    name: other
    port: { path: /dev/ttyS1, parity: evn }
    slaves: [{ devceId: pump-1, unitId: 7, pollMilliseconds: 500, points: [{ signal: a, table: coil, address: 0 }] }]
colour: red
`;
  const told = mistakesOf(text).map((line) => line.replace(/^gateway\.yaml:\d+:\d+: /, ''));
  expect(told).toEqual(
    expect.arrayContaining([
      'gateway.dataDirectroy is not known (did you mean dataDirectory?)',
      'divices is not known (did you mean devices?)',
      expect.stringMatching(/^connectors\[0\]\.type must be one of .* \(did you mean modbus-rtu\?\)$/),
      expect.stringMatching(/parity must be one of none, even, odd \(did you mean even\?\)$/),
      'connectors[1].slaves[0].devceId is not known (did you mean deviceId?)',
      'colour is not known',
    ]),
  );
});

test('Names that mean nothing, or two things, are mistakes', () => {
  const text = `${bus}
      - { deviceId: pump-1, unitId: 7, pollMilliseconds: 500, bootIdSignal: boot, reboot: { point: level, value: 1 },
          points: [{ signal: level, table: input-register, address: 0, writable: true }] }
      - { deviceId: ghost, unitId: 9, pollMilliseconds: 500, points: [{ signal: a, table: coil, address: 0 }] }
devices:
  - id: pump-1
    rules:
      - name: pressure
        version: 1
        signal: presure
        limits:
          hi: { setpoint: 5, severity: MINOR }
          lo: { setpoint: 6, severity: MINOR }
        onAlert: { type: write, point: pressure, value: 1 }
      - { name: pressure, version: 1, signal: pressure }
  - id: pump-1
  - id: press-1
    rules:
      - name: hot
        version: 1
        signal: temperature
        stale: { afterMilliseconds: 1000, severity: MINOR }
        onAlert: { type: write, point: stop, value: true }
        onClear: { type: write, deviceId: pump-1, point: stop, value: false }
`;
  const told = mistakesOf(text).map((line) => line.replace(/^gateway\.yaml:\d+:\d+: /, ''));
  expect(told.toSorted()).toEqual(
    [
      'connectors[0].slaves[1].deviceId names the device pump-1, which is served by bus already',
      'connectors[0].slaves[1].unitId repeats the unit 7 of entry 1',
      'connectors[0].slaves[1].bootIdSignal names the signal boot, which is not read here',
      'connectors[0].slaves[1].points[0].writable is not possible in the table input-register',
      'connectors[0].slaves[2].deviceId names the device ghost, which is not among the devices',
      'devices[0].rules[0].signal names presure, which bus does not read',
      'devices[0].rules[0].limits.hi.setpoint must be above that of lo, 6',
      'devices[0].rules[0].onAlert.point names pressure, which is no writable point of pump-1',
      'devices[0].rules[1].name repeats the rule pressure of entry 1',
      'devices[0].rules[1] says nothing: it needs limits, expression, errorCodes, stuck, badQuality or stale',
      'devices[1].id repeats the device pump-1 of entry 1',
      'devices[2].rules[0].onAlert.deviceId means the device press-1, which has no connector that can write',
    ].toSorted(),
  );
});

test('Windows of the uplink are cron expressions of five fields in a known time zone', () => {
  const window = (fields: string) =>
    `gateway: { id: edge-1 }\nuplink:\n  windows:\n    - { ${fields}, minutes: 60 }\n`;
  expect(mistakesOf(window("cron: '0 22 * * 1-5', timeZone: Europe/Madrid"))).toEqual([]);
  expect(mistakesOf(window("cron: '0 25 * * *'"))[0]).toMatch(
    /^gateway\.yaml:4:\d+: uplink\.windows\[0\]\.cron/,
  );
  expect(mistakesOf(window("cron: '0 0 22 * * *'"))[0]).toMatch(/must have five fields/);
  expect(mistakesOf(window("cron: '0 22 * * *', timeZone: Mars/Olympus"))[0]).toMatch(/is no time zone/);
});

test('What is no YAML is told with its place', () => {
  expect(mistakesOf('gateway: { id: edge-1\n')[0]).toMatch(/^gateway\.yaml:\d+:\d+: /);
  expect(mistakesOf('gateway: 1\ngateway: 2\n')[0]).toMatch(/^gateway\.yaml:2:1: .*unique/);
  expect(mistakesOf('')[0]).toMatch(/^gateway\.yaml:1:1: must be object/);
});

test('The environment stands above the file, and paths are relative to the file', () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'gateway.yaml');
  writeFileSync(
    file,
    'gateway: { id: edge-1 }\nmqttBroker: { port: 1883 }\ncloud: { url: "http://cloud/", keyFile: key }\n',
  );
  expect(loadConfiguration(file, {})).toMatchObject({
    dataDirectory: join(folder.path, '.andon'),
    cloud: { url: 'http://cloud', keyFile: join(folder.path, 'key') },
    statusPage: { host: '127.0.0.1', port: 8081 },
    outboxBytesMax: 1_073_741_824,
  });
  expect(loadConfiguration(file, { ANDON_STATUS_HOST: '' })).toMatchObject({
    statusPage: { host: '127.0.0.1' },
  });
  const environment = { ANDON_MQTT_PORT: '2883', ANDON_GATEWAY_PORT: '0', ANDON_DATA_DIR: '/var/lib/andon' };
  expect(loadConfiguration(file, environment)).toMatchObject({
    configuration: { mqttBroker: { port: 2883 } },
    dataDirectory: '/var/lib/andon',
    statusPage: { port: 0 },
  });
  expect(() => loadConfiguration(file, { ANDON_MQTT_PORT: '70000' })).toThrow(/ANDON_MQTT_PORT is "70000"/);
  expect(() => loadConfiguration(join(folder.path, 'absent.yaml'), {})).toThrow(/cannot be read/);
  folder.remove();
});

test('Mistakes in the way to the cloud by TLS are told with their line and key', () => {
  const text = (url: string, ...keys: string[]) =>
    ['gateway: { id: edge-1 }', 'cloud:', `  url: ${url}`, '  keyFile: key', ...keys, ''].join('\n');
  const certificate = '  clientCertificateFile: own.pem';
  expect(mistakesOf(text('https://a', '  caFile: ca.pem', certificate, '  clientKeyFile: own.key'))).toEqual(
    [],
  );
  expect(mistakesOf(text('https://a', certificate))).toEqual([
    'gateway.yaml:5:26: cloud.clientCertificateFile needs clientKeyFile, the key that belongs to the certificate',
  ]);
  expect(mistakesOf(text('https://a', '  caFile: ca.pem', '  clientKeyFile: own.key'))).toEqual([
    'gateway.yaml:6:18: cloud.clientKeyFile needs clientCertificateFile, the certificate that the key belongs to',
  ]);
  expect(mistakesOf(text('http://a', '  caFile: ca.pem'))).toEqual([
    'gateway.yaml:5:11: cloud.caFile means nothing without TLS: url has to begin with https://',
  ]);
  expect(mistakesOf(text('https://a', '  clientCertFile: own.pem')).join()).toContain('gateway.yaml:5:');
});
