import type { SerialLineConnector } from '../contracts/index.ts';
import type { ConnectorKind } from './connector-kind.ts';
import { tellRepeated, tellUnknownSignals } from './names.ts';

export const serialLineKind: ConnectorKind<SerialLineConnector> = {
  services: (connector) => [
    {
      deviceId: connector.deviceId,
      path: ['deviceId'],
      signals: new Set(connector.fields.map((field) => field.signal)),
      writable: new Set(Object.keys(connector.templates ?? {})),
    },
  ],
  exclusives: ({ port }) => [{ name: port.path, path: ['port', 'path'] }],
  check(connector, path, tell) {
    const { fields } = connector;
    tellRepeated(fields, (field) => field.signal, [...path, 'fields'], 'signal', 'the signal', tell);
    tellUnknownSignals(connector, new Set(fields.map((field) => field.signal)), path, tell);
  },
};
