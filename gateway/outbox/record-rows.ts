import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type UplinkRecord, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { isPackable, PackWriter, packFormats, unpack } from './packed-readings.ts';

/** What a row takes beside what it holds, roughly. */
const rowOverheadBytes = 24;
/** A row holds no more than one batch may, and about this much. */
const packedRecordsMax = uplinkBatchRecordsMax;
const packedBytesMax = 128 * 1024;

/** One row: a record as text, or many readings packed. */
export interface StoredRow {
  /** Only orders the rows. */
  readonly id: number;
  /** When it was committed. */
  readonly at: number;
  readonly records: number;
  readonly bytes: number;
  /** May a gap be among its records? */
  mayHoldGaps(): boolean;
  /** Its records, as JSON. */
  bodies(): readonly string[];
}

/** The rows of one table, in order. Everything that writes runs inside the outbox's transactions. */
export class RecordRows {
  readonly #pack = new PackWriter();
  readonly #insertText: StatementSync;
  readonly #insertPack: StatementSync;
  readonly #update: StatementSync;
  readonly #selectAll: StatementSync;
  readonly #selectAfter: StatementSync;
  readonly #selectThrough: StatementSync;
  readonly #selectBody: StatementSync;
  readonly #deleteThrough: StatementSync;
  readonly #deleteRange: StatementSync;
  /** When the readings that are being packed were appended. */
  #packAt = 0;
  /** Of the last row: ids are not given again while the program runs, even where the table is empty. */
  #lastId: number;
  /** Of the last row that is in the file, and of the last one that is on the disk as well. */
  #writtenId: number;
  #durableId: number;

  constructor(database: DatabaseSync, table: string) {
    const columns = `id, at, records, octet_length(body) + ifnull(length(packed), 0) AS bytes,
      hex(substr(packed, 1, 1)) AS format`;
    this.#insertText = database.prepare(`INSERT INTO ${table} (id, at, body) VALUES (?, ?, ?)`);
    this.#insertPack = database.prepare(
      `INSERT INTO ${table} (id, at, records, body, packed) VALUES (?, ?, ?, '', ?)`,
    );
    this.#update = database.prepare(`UPDATE ${table} SET records = ?, body = ?, packed = ? WHERE id = ?`);
    this.#selectAll = database.prepare(`SELECT ${columns} FROM ${table} ORDER BY id`);
    this.#selectAfter = database.prepare(`SELECT ${columns} FROM ${table} WHERE id > ? ORDER BY id`);
    this.#selectThrough = database.prepare(`SELECT ${columns} FROM ${table} WHERE id <= ? ORDER BY id`);
    this.#selectBody = database.prepare(`SELECT body, packed FROM ${table} WHERE id = ?`);
    this.#deleteThrough = database.prepare(`DELETE FROM ${table} WHERE id <= ?`);
    this.#deleteRange = database.prepare(`DELETE FROM ${table} WHERE id BETWEEN ? AND ?`);
    const last = database.prepare(`SELECT max(id) AS id FROM ${table}`).get()?.id;
    this.#lastId = typeof last === 'number' ? last : 0;
    this.#writtenId = this.#lastId;
    this.#durableId = this.#lastId;
  }

  /** Readings are packed in memory until `finish`, or until a row of them is full. Gives the bytes that it wrote. */
  append(at: number, record: UplinkRecord): number {
    if (record.type !== 'reading' || !isPackable(record)) {
      return this.appendText(at, JSON.stringify(record));
    }
    this.#packAt = at;
    this.#pack.addReading(record);
    const isFull = this.#pack.records >= packedRecordsMax || this.#pack.bytes >= packedBytesMax;
    return isFull ? this.finish() : 0;
  }

  appendText(at: number, body: string): number {
    const packed = this.finish();
    this.#lastId += 1;
    this.#insertText.run(this.#lastId, at, body);
    return packed + textBytes(body);
  }

  finish(): number {
    const { records } = this.#pack;
    if (records === 0) {
      return 0;
    }
    const packed = this.#pack.take();
    this.#lastId += 1;
    this.#insertPack.run(this.#lastId, this.#packAt, records, packed);
    return packed.length + rowOverheadBytes;
  }

  /** The running transaction is in the file. */
  written(): void {
    this.#writtenId = this.#lastId;
  }

  /** All that is in the file is on the disk. */
  durable(): void {
    this.#durableId = this.#writtenId;
  }

  /** The running transaction was rolled back. */
  restore(): void {
    this.#pack.reset();
    this.#lastId = this.#writtenId;
  }

  insert(id: number, at: number, body: string): number {
    this.#insertText.run(id, at, body);
    return textBytes(body);
  }

  /** Gives by how many bytes the row has grown. */
  rewrite(row: StoredRow, bodies: readonly string[]): number {
    const [only] = bodies;
    if (bodies.length === 1 && only !== undefined) {
      this.#update.run(1, only, null, row.id);
      return textBytes(only) - row.bytes;
    }
    const pack = new PackWriter();
    for (const body of bodies) {
      pack.addText(body);
    }
    const packed = pack.take();
    this.#update.run(bodies.length, '', packed, row.id);
    return packed.length + rowOverheadBytes - row.bytes;
  }

  /** Puts one record in the place of a run of rows, and gives its bytes. */
  replaceRun(firstId: number, lastId: number, at: number, body: string): number {
    this.#deleteRange.run(firstId, lastId);
    return this.insert(firstId, at, body);
  }

  deleteThrough(id: number): void {
    this.#deleteThrough.run(id);
  }

  first(): StoredRow | undefined {
    const row = this.#selectAll.get();
    return row === undefined ? undefined : this.#row(row);
  }

  all(): Generator<StoredRow> {
    return this.#each(this.#selectAll.iterate());
  }

  after(id: number): Generator<StoredRow> {
    return this.#each(this.#selectAfter.iterate(id));
  }

  durableRows(): Generator<StoredRow> {
    return this.#each(this.#selectThrough.iterate(this.#durableId));
  }

  *#each(rows: Iterable<Record<string, SQLOutputValue>>): Generator<StoredRow> {
    for (const row of rows) {
      yield this.#row(row);
    }
  }

  #row(row: Record<string, SQLOutputValue>): StoredRow {
    const id = Number(row.id);
    return {
      id,
      at: Number(row.at),
      records: Number(row.records),
      bytes: Number(row.bytes) + rowOverheadBytes,
      mayHoldGaps: () => Number.parseInt(String(row.format), 16) !== packFormats.readingsOnly,
      bodies: () => this.#bodies(id),
    };
  }

  #bodies(id: number): readonly string[] {
    const row = this.#selectBody.get(id);
    if (row === undefined) {
      return [];
    }
    return row.packed instanceof Uint8Array ? unpack(row.packed) : [String(row.body)];
  }
}

const textBytes = (body: string): number => Buffer.byteLength(body) + rowOverheadBytes;
