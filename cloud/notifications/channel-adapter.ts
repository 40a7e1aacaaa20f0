import type { Channel } from '../consent/index.ts';

/** A message as the wire needs it. */
export interface OutgoingMessage {
  /** Stable over all attempts; an email's Message-ID is made of it. */
  readonly messageId: string;
  /** Normalised contact point. */
  readonly to: string;
  /** Email only. */
  readonly subject: string | null;
  readonly text: string;
  /** Email only. */
  readonly html: string | null;
}

/**
 * What became of one attempt. `unknown` means that bytes of the message went out and no answer came: it may have
 * arrived, so that nobody may send it again.
 */
export type SubmitOutcome =
  | {
      readonly kind: 'accepted';
      /** What the peer calls the message, or each of its parts; empty where it gives no receipts. */
      readonly peerMessageIds: readonly string[];
      readonly detail: string;
    }
  | { readonly kind: 'temporary' | 'permanent' | 'unknown'; readonly reason: string };

/** What a peer tells about a message that it accepted before. */
export interface DeliveryReceipt {
  /** As in the answer to the submit, though some peers write it in the other of decimal and hexadecimal. */
  readonly peerMessageId: string;
  /** `pending`: still on its way. */
  readonly outcome: 'delivered' | 'undelivered' | 'pending';
  readonly reason: string;
}

/** A text that somebody wrote to us. */
export interface InboundText {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** Each resolves when what was told is committed; only then may the peer be answered. */
export interface ChannelListener {
  receipt(receipt: DeliveryReceipt): Promise<void>;
  inboundText(text: InboundText): Promise<void>;
}

/** A way out of the house. Every implementation passes test/contract/notifications-channel-adapters.test.ts. */
export interface ChannelAdapter {
  readonly channel: Channel;
  start(listener: ChannelListener): Promise<void>;
  /** One attempt. Never rejects, and answers within `submitMillisecondsMax`. */
  submit(message: OutgoingMessage): Promise<SubmitOutcome>;
  stop(): Promise<void>;
}

export const submitMillisecondsMax = 90_000;
