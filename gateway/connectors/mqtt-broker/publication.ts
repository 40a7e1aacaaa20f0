import type { DeviceCommandResult } from '@andon/shared/contracts';
import type { ConnectorContext, RawMessage } from '../connector.ts';
import { parseTelemetry } from '../payload-mapping/telemetry-payload.ts';
import { parseCommandResult, parseStatus, type ReportedStatus } from './status-payload.ts';
import type { DeviceTopic } from './topic-rules.ts';

/** A publication whose sender may be told only by the end of its connection. */
export class PublicationRefused extends Error {
  override readonly name = 'PublicationRefused';
}

/** Where publications go. Each resolves when it is durable. */
export interface PublicationSink {
  readonly ingest: ConnectorContext['ingest'];
  /** Shows the flight recorder what a device published. */
  frame(deviceId: string, payload: Uint8Array): void;
  status(deviceId: string, status: ReportedStatus): Promise<void>;
  result(deviceId: string, commandId: string, result: DeviceCommandResult): Promise<void>;
  /** What could not be read is counted; its publisher is acknowledged all the same, or it would send for ever. */
  unreadable(deviceId: string, reason: string, detail: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Hands one publication on. Resolves when it may be acknowledged; rejects where it could not be stored. */
export async function consume(
  sink: PublicationSink,
  deviceId: string,
  topic: DeviceTopic,
  payload: Uint8Array,
  redelivery: RawMessage['redelivery'],
): Promise<void> {
  if (topic.kind === 'telemetry') {
    await consumeTelemetry(sink, deviceId, payload, redelivery);
    return;
  }
  sink.frame(deviceId, payload);
  if (topic.kind === 'status') {
    // An empty payload only clears what a broker retained.
    const status = payload.length === 0 ? undefined : parseStatus(payload);
    if (status !== undefined && 'refusal' in status) {
      sink.unreadable(deviceId, status.refusal, status.detail);
    } else if (status !== undefined) {
      await sink.status(deviceId, status);
    }
  } else {
    const result = parseCommandResult(payload);
    if ('refusal' in result) {
      sink.unreadable(deviceId, result.refusal, result.detail);
    } else {
      await sink.result(deviceId, topic.commandId, result);
    }
  }
}

/** As `consume`; gives undefined where nothing is to be waited for. */
export function consumeTelemetry(
  sink: PublicationSink,
  deviceId: string,
  payload: Uint8Array,
  redelivery: RawMessage['redelivery'],
): Promise<void> | undefined {
  sink.frame(deviceId, payload);
  const result = parseTelemetry(payload, sink.now);
  if ('refusal' in result) {
    sink.unreadable(deviceId, result.refusal, result.detail);
    return undefined;
  }
  const { values, sourceTime, bootId, membersRefused, recordsRefused = [] } = result.telemetry;
  if (membersRefused.length > 0) {
    sink.unreadable(deviceId, 'member-refused', membersRefused.join(', ').slice(0, 120));
  }
  for (const { reason, detail } of recordsRefused) {
    sink.unreadable(deviceId, reason, detail);
  }
  if (values.length === 0) {
    return undefined;
  }
  return sink.ingest({
    deviceId,
    values,
    ...(sourceTime !== undefined && { sourceTime }),
    ...(bootId !== undefined && { bootId }),
    ...(redelivery !== undefined && { redelivery }),
  });
}
