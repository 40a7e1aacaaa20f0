import { expect, test } from 'vitest';
import { readBrokerPlace } from '../../cloud/gateways/broker-place.ts';

const at = (headers: Record<string, string>) => readBrokerPlace(headers, '192.0.2.7');

test('a broker that listens everywhere is reached where its gateway comes from', () => {
  expect(at({ 'andon-mqtt-port': '1884' })).toEqual({ host: '192.0.2.7', port: 1884, tlsPort: null });
});
test('a broker of one address is reached there, also by TLS alone', () => {
  const told = { 'andon-mqtt-host': '10.1.2.3', 'andon-mqtt-tls-port': '8883' };
  expect(at(told)).toEqual({ host: '10.1.2.3', port: null, tlsPort: 8883 });
});
test('what is no host or port counts as not said', () => {
  const nothing = { host: null, port: null, tlsPort: null };
  expect(at({})).toEqual(nothing);
  expect(at({ 'andon-mqtt-host': 'x', 'andon-mqtt-port': '99999' })).toEqual(nothing);
  expect(at({ 'andon-mqtt-host': '$(rm)', 'andon-mqtt-port': '1883' }).host).toBe('192.0.2.7');
});
