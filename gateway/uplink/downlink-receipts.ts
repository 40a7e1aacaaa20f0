import type { DownlinkReceipt } from '@andon/shared/contracts';
import { type CloudClient, messageOf } from './cloud-client.ts';
import type { UplinkLogger } from './uplink-lane.ts';

const millisecondsMax = 10_000;

interface ReceiptOptions {
  readonly client: CloudClient;
  /** What the cloud calls the line. */
  readonly stream: string;
  /** Aborted when the line ends. */
  readonly signal: AbortSignal;
  readonly logger: UplinkLogger | undefined;
}

/**
 * Tells the cloud what of one line is kept, one receipt at a time, each with all that is kept by then. Nothing waits for
 * it, and one that fails is not repeated: the next one, or resuming the line, says the same. What is only in the file may be
 * lost in a power cut, so it is not told yet.
 */
export class DownlinkReceipts {
  readonly #options: ReceiptOptions;
  #lastKept = '';
  #isDue = false;
  #isSending = false;

  constructor(options: ReceiptOptions) {
    this.#options = options;
  }

  /** Up to and with this one all are on the disk. */
  tell(lastKept: string): void {
    this.#lastKept = lastKept;
    this.#isDue = true;
    if (!this.#isSending) {
      this.#isSending = true;
      void this.#send();
    }
  }

  async #send(): Promise<void> {
    const { signal, logger } = this.#options;
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      const failure = await this.#sendOne().catch(messageOf);
      if (failure !== undefined && !signal.aborted) {
        logger?.info({ reason: failure }, 'the cloud was not told what of its messages is kept');
      }
    }
    this.#isSending = false;
  }

  async #sendOne(): Promise<string | undefined> {
    const { client, stream, signal } = this.#options;
    const receipt: DownlinkReceipt = { stream, lastEventId: Number(this.#lastKept) };
    const answer = await client.request('/v1/gateway/downlink-receipt', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(receipt),
      signal,
      millisecondsMax,
    });
    await answer.text();
    return answer.status === 204 ? undefined : `the cloud answered ${answer.status}`;
  }
}
