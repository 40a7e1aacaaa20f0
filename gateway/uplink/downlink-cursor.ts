import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The id of the last message of the cloud that is kept. */
export class DownlinkCursor {
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT last_event_id FROM downlink');
    this.#upsert = database.prepare(
      'INSERT INTO downlink (only, last_event_id) VALUES (1, ?) ' +
        'ON CONFLICT (only) DO UPDATE SET last_event_id = excluded.last_event_id',
    );
  }

  read(): string | undefined {
    const row = this.#select.get();
    return row === undefined ? undefined : String(row.last_event_id);
  }

  /** Inside a transaction. */
  write(eventId: string): void {
    this.#upsert.run(eventId);
  }
}
