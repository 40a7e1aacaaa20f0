import type { ConnectorContext, RawMessage } from '../connector.ts';
import type { SparkplugEffects } from './host.ts';

export interface EffectPorts {
  isTaken(deviceId: string): boolean;
  ingest(message: RawMessage): Promise<void>;
  deviceStatus: ConnectorContext['deviceStatus'];
  refuse(reason: string, detail: string): void;
  publish(topic: string, payload: Buffer): void;
}

/** Does what the host says. Resolves when all of it is committed. */
export async function applyEffects(effects: SparkplugEffects, ports: EffectPorts): Promise<void> {
  for (const { reason, detail } of effects.refusals) {
    ports.refuse(reason, detail);
  }
  for (const { topic, payload } of effects.commands) {
    ports.publish(topic, payload);
  }
  const commits: Promise<void>[] = [];
  for (const message of effects.messages) {
    if (ports.isTaken(message.deviceId)) {
      commits.push(ports.ingest(message));
    } else {
      ports.refuse('unknown-device', message.deviceId);
    }
  }
  for (const status of effects.statuses) {
    if (ports.isTaken(status.deviceId)) {
      commits.push(ports.deviceStatus(status));
    }
  }
  await Promise.all(commits);
}
