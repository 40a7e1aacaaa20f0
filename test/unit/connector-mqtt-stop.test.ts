import { systemClock } from '@andon/shared/kernel';
import { afterEach, expect, test, vi } from 'vitest';
import { BrokerLink } from '../../gateway/connectors/mqtt-client/broker-link.ts';
import { createMqttClientConnector } from '../../gateway/connectors/mqtt-client/index.ts';
import { RecordingContext } from '../support/connector-context.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('An MQTT client that cannot say goodbye ends its connection all the same, and tells why', async () => {
  const connector = createMqttClientConnector(
    {
      type: 'mqtt-client',
      name: 'plant',
      url: 'mqtt://127.0.0.1:1',
      clientId: 'andon-edge-1',
      sparkplug: { hostId: 'andon', nodes: [] },
    },
    new RecordingContext(),
    { clock: systemClock },
  );
  await connector.start();
  const state = vi.spyOn(BrokerLink.prototype, 'state', 'get').mockReturnValue('connected');
  vi.spyOn(BrokerLink.prototype, 'publish').mockRejectedValue(new Error('the broker is gone'));
  await expect(connector.stop()).rejects.toThrow('the broker is gone');
  state.mockRestore();
  expect(connector.health().state).toBe('stopped');
});
