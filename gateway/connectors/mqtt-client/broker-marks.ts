import { createHash } from 'node:crypto';
import type { IPublishPacket } from 'mqtt';
import type { RawMessage } from '../connector.ts';

/** What the broker retained was said at some time before: what has no time of its own is no news. */
export function ofUnknownAge(message: RawMessage): RawMessage {
  return message.sourceTime === undefined
    ? {
        ...message,
        values: message.values.map((value) =>
          value.sourceTime === undefined ? { ...value, historical: true } : value,
        ),
      }
    : message;
}

/** A broker marks what it sends again; it keeps the packet id with the session. */
export function redeliveryOf(
  clientId: string,
  packet: IPublishPacket,
  topic: string,
  payload: Buffer,
): RawMessage['redelivery'] {
  if (packet.qos === 0 || packet.messageId === undefined) {
    return undefined;
  }
  const digest = createHash('sha1').update(topic).update('\0').update(payload).digest('base64url');
  return { key: `${clientId}:${packet.messageId}:${digest}`, possible: packet.dup };
}
