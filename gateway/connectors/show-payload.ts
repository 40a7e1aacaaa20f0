import type { ConnectorContext } from './connector.ts';

/** Shows the flight recorder a publication once for each device that it speaks of; `shown` holds those that were. */
export function showPayload(
  context: Pick<ConnectorContext, 'frame'>,
  shown: Set<string>,
  deviceId: string,
  bytes: Uint8Array,
): void {
  if (!shown.has(deviceId)) {
    shown.add(deviceId);
    context.frame?.({ deviceId, direction: 'received', bytes, isMessage: true });
  }
}

/** The same of what goes out to a device. */
export function showSent(
  context: Pick<ConnectorContext, 'frame'>,
  deviceId: string,
  payload: string | Uint8Array,
): void {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  context.frame?.({ deviceId, direction: 'sent', bytes, isMessage: true });
}
