import { describe, expect, test } from 'vitest';
import { judgeReachability, type ReachabilityFacts } from '../../cloud/escalations/reachability.ts';

const now = Date.UTC(2026, 2, 2, 8, 23);
const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
const command = (state: ReachabilityFacts['commands'][number]['state']) => ({
  name: 'reboot',
  state,
  reason: null,
  issuedAt: at(10),
  expiresAt: at(8),
});
const offline: ReachabilityFacts = {
  now,
  deviceConnected: false,
  deviceHeardAt: at(23),
  gatewayName: 'Line 4',
  gatewayConnected: true,
  commands: [command('EXPIRED'), command('EXPIRED')],
};

describe('whether a device can be reached', () => {
  test('is concluded from when it was heard of, its gateway, and what became of the commands', () => {
    expect(judgeReachability(offline)).toEqual({
      cannotBeReached: true,
      verdict: 'The device cannot be reached, though its gateway can.',
      chain: [
        'Device offline since 2026-03-02 08:00:00 UTC (23 minutes ago).',
        'Gateway Line 4 is reachable.',
        'reboot tried 2 times: expired, expired.',
      ],
    });
    const behindGateway = judgeReachability({ ...offline, gatewayConnected: false, commands: [] });
    expect(behindGateway).toMatchObject({
      cannotBeReached: true,
      verdict: 'The device cannot be reached, as its gateway cannot.',
      chain: [expect.any(String), 'Gateway Line 4 cannot be reached.'],
    });
  });

  test('a device that answered was reached, whatever the answer', () => {
    const failed = { ...offline, deviceConnected: true, commands: [command('FAILED')] };
    expect(judgeReachability(failed)).toMatchObject({
      cannotBeReached: false,
      verdict: 'The device can be reached.',
      chain: [
        expect.stringMatching(/^Device online, last heard of/),
        expect.any(String),
        'reboot tried once: failed.',
      ],
    });
    expect(judgeReachability({ ...offline, commands: [command('REJECTED')] }).verdict).toBe(
      'The device answered a command, and is offline now.',
    );
  });

  test('a device that is online and silent to commands is told apart from one that is away', () => {
    const silent = judgeReachability({ ...offline, deviceConnected: true });
    expect(silent).toMatchObject({
      cannotBeReached: false,
      verdict: 'The device is online, and answered no command.',
    });
    expect(judgeReachability({ ...offline, deviceHeardAt: null }).chain[0]).toBe(
      'The device was never heard of.',
    );
  });
});
