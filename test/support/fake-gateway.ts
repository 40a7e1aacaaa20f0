import { randomUUID } from 'node:crypto';
import type { Command, CommandUpdate, DownlinkMessage } from '@andon/shared/contracts';
import type { TestApp } from './app.ts';

/** What its devices do with a command: how it ends, and after how long. */
export type Behaviour = (command: Command) => {
  readonly state: CommandUpdate['state'];
  readonly reason?: string;
  readonly afterMilliseconds?: number;
};

const recordsPerBatchMax = 500;

/**
 * A gateway with simulated devices that speaks the real protocol over HTTP: it holds the downlink as server-sent
 * events, and posts what becomes of each command as numbered batches of the alerts lane, again until it is taken.
 */
export class FakeGateway {
  readonly id: string;
  /** Every command that it was told of, in order. */
  readonly told: Command[] = [];
  /** The most that it had begun and not ended at one time. */
  atOnceMax = 0;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #behaviour: Behaviour;
  readonly #now: () => number;
  readonly #epoch = randomUUID();
  readonly #abort = new AbortController();
  readonly #waiting: CommandUpdate[] = [];
  /** What was begun is not begun again. */
  readonly #journal = new Set<string>();
  #nextNumber = 1;
  #atOnce = 0;
  #lastEventId: string | undefined;
  #posting: Promise<void> | undefined;
  #listening: Promise<void> | undefined;

  constructor(cloud: TestApp, gateway: { id: string; key: string }, behaviour: Behaviour) {
    this.id = gateway.id;
    this.#url = cloud.url;
    this.#headers = { authorization: `Bearer ${gateway.key}` };
    this.#behaviour = behaviour;
    this.#now = () => cloud.clock.now();
  }

  start(): void {
    this.#listening = this.#listen();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#listening;
    await this.#posting;
  }

  /** Comes again when the stream ends, and goes on after the last message that it heard. */
  async #listen(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#readStream();
      } catch (error) {
        if (this.#abort.signal.aborted) {
          return;
        }
        if (!(error instanceof TypeError)) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #readStream(): Promise<void> {
    const resume = this.#lastEventId === undefined ? {} : { 'last-event-id': this.#lastEventId };
    const response = await fetch(`${this.#url}/v1/gateway/downlink`, {
      headers: { ...this.#headers, ...resume },
      signal: this.#abort.signal,
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const line = (name: string) =>
          event
            .split('\n')
            .find((one) => one.startsWith(`${name}: `))
            ?.slice(name.length + 2);
        const data = line('data');
        if (data !== undefined) {
          this.#hear(JSON.parse(data) as DownlinkMessage);
          this.#lastEventId = line('id') ?? this.#lastEventId;
        }
      }
    }
  }

  #hear(message: DownlinkMessage): void {
    if (message.type !== 'command') {
      return;
    }
    const { command } = message;
    if (this.#journal.has(command.id)) {
      return;
    }
    this.#journal.add(command.id);
    this.told.push(command);
    this.#atOnce += 1;
    this.atOnceMax = Math.max(this.atOnceMax, this.#atOnce);
    const { state, reason, afterMilliseconds = 0 } = this.#behaviour(command);
    this.#say(command, { state: 'DELIVERED' });
    this.#say(command, { state: 'ACCEPTED' });
    setTimeout(() => {
      this.#atOnce -= 1;
      this.#say(command, { state, ...(reason === undefined ? {} : { reason }) });
      // A gateway that was restarted says it again.
      this.#say(command, { state, ...(reason === undefined ? {} : { reason }) });
    }, afterMilliseconds);
  }

  #say(command: Command, word: Pick<CommandUpdate, 'state'> & { reason?: string }): void {
    this.#waiting.push({
      type: 'command',
      commandId: command.id,
      deviceId: command.deviceId,
      at: this.#now(),
      ...word,
    });
    this.#posting ??= this.#post().finally(() => {
      this.#posting = undefined;
    });
  }

  async #post(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#abort.signal.aborted) {
      const records = this.#waiting.slice(0, recordsPerBatchMax);
      const response = await fetch(`${this.#url}/v1/gateway/uplink`, {
        method: 'POST',
        headers: { ...this.#headers, 'content-type': 'application/json' },
        body: JSON.stringify({ lane: 'alerts', epoch: this.#epoch, firstSeq: this.#nextNumber, records }),
      });
      if (response.status === 429 || response.status === 503) {
        await response.body?.cancel();
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      if (response.status !== 200) {
        throw new Error(`the batch was answered ${response.status}: ${await response.text()}`);
      }
      await response.body?.cancel();
      this.#nextNumber += records.length;
      this.#waiting.splice(0, records.length);
    }
  }
}
