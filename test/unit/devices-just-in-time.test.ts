import { expect, test } from 'vitest';
import { type DiscoveryFacts, judgeDiscovery } from '../../cloud/devices/provisioning/just-in-time.ts';

const good: DiscoveryFacts = {
  known: undefined,
  waitsToBeClaimed: false,
  categoryAllows: true,
  gateway: { id: 'hall-1', accountId: 'an account', devices: 99, devicesMax: 100 },
};

test('a device that a gateway tells of comes in only where everything allows it, and the reason is told otherwise', () => {
  const judge = (change: Partial<DiscoveryFacts>) => judgeDiscovery({ ...good, ...change });
  expect(judge({})).toBe('let-in');
  expect(judge({ known: { gatewayId: 'hall-1', inService: true } })).toBe('known');
  expect(judge({ known: { gatewayId: 'hall-1', inService: false } })).toBe('registered-elsewhere');
  expect(judge({ known: { gatewayId: 'hall-2', inService: true } })).toBe('registered-elsewhere');
  expect(judge({ waitsToBeClaimed: true })).toBe('waits-to-be-claimed');
  expect(judge({ categoryAllows: undefined })).toBe('unknown-category');
  expect(judge({ categoryAllows: false })).toBe('category-does-not-allow');
  expect(judge({ gateway: { ...good.gateway, accountId: null } })).toBe('gateway-has-no-account');
  expect(judge({ gateway: { ...good.gateway, devices: 100 } })).toBe('limit-of-gateway');
});
