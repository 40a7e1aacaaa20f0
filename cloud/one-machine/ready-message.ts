/** What a part sends over its channel once its doors are open. */
export interface ReadyMessage {
  readonly type: 'ready';
  /** Of the cloud: where it listens, and a key to its doors for this run. */
  readonly url?: string;
  readonly apiKey?: string;
  readonly adminEmail?: string;
  /** Only where it was made in this start. */
  readonly adminPassword?: string;
  /** Of the simulator: the devices that an earlier run left broken, on which the story is not told anew. */
  readonly stillBroken?: readonly string[];
}

const texts = ['url', 'apiKey', 'adminEmail', 'adminPassword'];

/** By hand: everybody who starts Andon would wait until a library for this is loaded. */
export function isReadyMessage(message: unknown): message is ReadyMessage {
  const members: Record<string, unknown> = Object(message);
  const { type, stillBroken = [] } = members;
  return (
    type === 'ready' &&
    texts.every((name) => ['undefined', 'string'].includes(typeof members[name])) &&
    Array.isArray(stillBroken) &&
    stillBroken.every((id) => typeof id === 'string')
  );
}
