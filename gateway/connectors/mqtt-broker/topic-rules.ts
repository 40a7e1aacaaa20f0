import { Slug, topics, Uuid } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

const slug = Compile(Slug);
const uuid = Compile(Uuid);

/** What a device may publish on. */
export type DeviceTopic =
  | { readonly kind: 'telemetry' }
  | { readonly kind: 'status' }
  | { readonly kind: 'command-result'; readonly commandId: string };

/** What a publication of this device on this topic is; undefined where it may not publish there. */
export function deviceTopic(deviceId: string, topic: string): DeviceTopic | undefined {
  if (topic === topics.telemetry(deviceId)) {
    return { kind: 'telemetry' };
  }
  if (topic === topics.status(deviceId)) {
    return { kind: 'status' };
  }
  const commandId = topic.split('/')[3] ?? '';
  if (uuid.Check(commandId) && topic === topics.commandResult(deviceId, commandId)) {
    return { kind: 'command-result', commandId };
  }
  return undefined;
}

/** A device may subscribe to its commands, by the wildcard or one by one, and to its desired properties. */
export function maySubscribe(deviceId: string, filter: string): boolean {
  if (filter === topics.commands(deviceId) || filter === topics.desired(deviceId)) {
    return true;
  }
  const last = filter.slice(filter.lastIndexOf('/') + 1);
  return slug.Check(last) && filter === topics.command(deviceId, last);
}
