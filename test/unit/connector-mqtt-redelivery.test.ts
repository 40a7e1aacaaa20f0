import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CleanClients, RedeliveryTracker } from '../../gateway/connectors/mqtt-broker/redelivery.ts';
import { isPassword } from '../../gateway/connectors/mqtt-broker/sign-in.ts';

const packet = (packetId: number, text = '{"t":1}', dup = false) => ({
  packetId,
  dup,
  topic: 'devices/press/telemetry',
  payload: Buffer.from(text),
});

describe('the identity of a message', () => {
  it('is the same for the same client, packet id, topic and payload', () => {
    const key = (clientId: string, given = packet(1)) =>
      new RedeliveryTracker(clientId, false).identify(given).key;
    expect(key('a')).toBe(key('a'));
    expect(key('a')).not.toBe(key('b'));
    expect(key('a', packet(2))).not.toBe(key('a'));
    expect(key('a', packet(1, '{"t":2}'))).not.toBe(key('a'));
  });

  it('may be a second delivery where DUP is set, always', () => {
    const tracker = new RedeliveryTracker('a', true);
    expect(tracker.identify(packet(1)).possible).toBe(false);
    expect(tracker.identify(packet(1, '{"t":1}', true)).possible).toBe(true);
  });

  it('may be one without DUP until a packet id is used again, for some clients never set it', () => {
    const tracker = new RedeliveryTracker('a', false);
    expect(tracker.identify(packet(1)).possible).toBe(true);
    expect(tracker.identify(packet(2)).possible).toBe(true);
    expect(tracker.identify(packet(1)).possible).toBe(false);
    expect(tracker.identify(packet(3)).possible).toBe(false);
  });

  it('is not in question after a clean goodbye', () => {
    const clients = new CleanClients();
    clients.left('a');
    expect(clients.returned('b')).toBe(false);
    expect(clients.returned('a')).toBe(true);
    expect(clients.returned('a')).toBe(false);
  });
});

describe('the password check', () => {
  const sha256 = createHash('sha256').update('secret').digest('hex');

  it('takes the right password only, and none where no device is', () => {
    expect(isPassword(Buffer.from('secret'), sha256)).toBe(true);
    expect(isPassword(Buffer.from('Secret'), sha256)).toBe(false);
    expect(isPassword(undefined, sha256)).toBe(false);
    expect(isPassword(Buffer.from('secret'), undefined)).toBe(false);
    expect(isPassword(Buffer.from('secret'), 'ff')).toBe(false);
  });
});
