import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** `committed`: something that others wait for; its names are topics. `ordered`: events can be read; their types. */
export type Announcement = 'committed' | 'ordered';
export type AnnouncementListener = (kind: Announcement, names: readonly string[]) => void;

export const channelOf: Readonly<Record<Announcement, string>> = {
  committed: 'andon_events',
  ordered: 'andon_events_ordered',
};

/** Replicas are told together what came within so long. */
const gatherMilliseconds = 25;

/**
 * Tells this process at once, and the other replicas soon, what was committed. It is told after the commit, in a
 * transaction of its own that writes nothing: PostgreSQL commits transactions that notify one after the other, each with
 * its sync, so that a notification within would put every commit into one line. What is lost between the two costs
 * others a second, until they look by themselves.
 */
export class Announcements {
  /** Ours come back to us, and are known by this. */
  readonly #sender = randomUUID();
  readonly #pool: pg.Pool;
  readonly #onError: (error: Error) => void;
  readonly #listeners = new Set<AnnouncementListener>();
  readonly #pending = new Map<Announcement, Set<string>>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(pool: pg.Pool, onError: (error: Error) => void) {
    this.#pool = pool;
    this.#onError = onError;
  }

  /** Gives the function that ends it. */
  listen(listener: AnnouncementListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(kind: Announcement, names: Iterable<string>): void {
    const told = [...names];
    if (told.length === 0) {
      return;
    }
    const pending = this.#pending.get(kind) ?? new Set();
    this.#pending.set(kind, pending);
    for (const name of told) {
      pending.add(name);
    }
    this.#sendSoon();
    this.#tell(kind, told);
  }

  /** What a notification says; nothing where it is our own. Where no names are given, it is for everybody. */
  receive(channel: string, payload: string): void {
    const end = payload.indexOf(':');
    if (payload.slice(0, Math.max(end, 0)) !== this.#sender) {
      this.#tell(channel === channelOf.ordered ? 'ordered' : 'committed', payload.slice(end + 1).split(','));
    }
  }

  /** Sends what the replicas have not been told yet. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#sending;
    await this.#send();
  }

  #tell(kind: Announcement, names: readonly string[]): void {
    for (const listener of this.#listeners) {
      listener(kind, names);
    }
  }

  #sendSoon(): void {
    if (this.#timer === undefined && this.#sending === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#sending = this.#send().finally(() => {
          this.#sending = undefined;
          if (this.#pending.size > 0) {
            this.#sendSoon();
          }
        });
      }, gatherMilliseconds);
    }
  }

  async #send(): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [kind, names] of pending) {
      try {
        await this.#pool.query('select pg_notify($1, $2)', [
          channelOf[kind],
          `${this.#sender}:${[...names].join(',')}`,
        ]);
      } catch (error) {
        this.#onError(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}
