import type { Transaction } from '../platform/index.ts';
import { judgeBacklog } from './backlog.ts';
import type { EpisodeEvent } from './episode.ts';
import type { EscalationsGround } from './ground.ts';
import type { StoredEpisode } from './store.ts';

/** Looks at what the device's data say of the late alerts that are still active; one that lasts is enough. */
export async function judgeLateAlerts(
  transaction: Transaction,
  ground: EscalationsGround,
  { deviceId, episode }: StoredEpisode,
): Promise<EpisodeEvent> {
  const { alerts, devices, telemetry } = ground.dependencies;
  const device = await devices.findDevice(transaction, deviceId);
  const latest = await telemetry.findLatest(transaction, deviceId);
  const active = Object.keys(episode.alerts).filter((id) => episode.alerts[id] === 'active');
  for (const id of active) {
    const alert = await alerts.find(transaction, id);
    if (alert === undefined) {
      continue;
    }
    const newest = latest.find(({ signal }) => signal === alert.signal);
    const judgement = judgeBacklog({
      raisedAt: Date.parse(alert.raisedAt),
      receivedAt: Date.parse(alert.gatewayReceivedAt),
      newest: newest && {
        sourceTime: newest.sourceTime.getTime(),
        gatewayTime: newest.gatewayTime.getTime(),
      },
      heardAt: device?.lastActivityAt ? Date.parse(device.lastActivityAt) : null,
      gatewayConnected: device?.gatewayConnected ?? false,
      now: ground.platform.clock.now(),
    });
    if (judgement === 'present') {
      return { type: 'backlog-judged', judgement };
    }
  }
  return { type: 'backlog-judged', judgement: 'still-coming' };
}
