import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type UplinkRecord, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { DamagedError } from './errors.ts';
import { isPackable, PackWriter, unpack } from './packed-readings.ts';

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
  /** Its records, as JSON. */
  bodies(): readonly string[];
}

/** Of a table, the rows with ids beyond `after`, up to `through`. */
export interface RowRange {
  readonly after: number;
  readonly through: number;
}

/** Between the rows of two lanes, so many ids are left out: what is put in front of a lane gets one of them. */
const idsBetweenLanes = 1000;

/** The rows of one table, in order. Everything that writes runs inside the outbox's transactions. */
export class RecordRows {
  readonly #pack = new PackWriter();
  readonly #insertText: StatementSync;
  readonly #insertPack: StatementSync;
  readonly #update: StatementSync;
  readonly #selectRange: StatementSync;
  readonly #selectBody: StatementSync;
  readonly #deleteRange: StatementSync;
  /** When the readings that are being packed were appended. */
  #packAt = 0;
  /** Of the last row: ids are not given again while the program runs, even where the table is empty. */
  #lastId: number;
  /** Of the last row that is in the file, and of the last one that is on the disk as well. */
  #writtenId: number;
  #durableId: number;

  /** New rows come after the id given. */
  constructor(database: DatabaseSync, table: string, after: number) {
    const columns = 'id, at, records, octet_length(body) + ifnull(length(packed), 0) AS bytes';
    this.#insertText = database.prepare(`INSERT INTO ${table} (id, at, body) VALUES (?, ?, ?)`);
    this.#insertPack = database.prepare(
      `INSERT INTO ${table} (id, at, records, body, packed) VALUES (?, ?, ?, '', ?)`,
    );
    this.#update = database.prepare(`UPDATE ${table} SET records = ?, body = ?, packed = ? WHERE id = ?`);
    this.#selectRange = database.prepare(
      `SELECT ${columns} FROM ${table} WHERE id > ? AND id <= ? ORDER BY id`,
    );
    this.#selectBody = database.prepare(`SELECT body, packed FROM ${table} WHERE id = ?`);
    this.#deleteRange = database.prepare(`DELETE FROM ${table} WHERE id BETWEEN ? AND ?`);
    const last = database.prepare(`SELECT max(id) AS id FROM ${table}`).get()?.id;
    this.#lastId = Math.max(typeof last === 'number' ? last : 0, after + idsBetweenLanes);
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
    const packed = packOf(bodies.map(recordOf));
    this.#update.run(bodies.length, '', packed, row.id);
    return packed.length + rowOverheadBytes - row.bytes;
  }

  /** Puts records in the place of a run of rows, no more than those held, and gives the bytes of the new ones. */
  replaceRun(firstId: number, lastId: number, at: number, records: readonly UplinkRecord[]): number {
    this.#deleteRange.run(firstId, lastId);
    let bytes = 0;
    let id = firstId;
    for (let index = 0; index < records.length; index += packedRecordsMax) {
      const part = records.slice(index, index + packedRecordsMax);
      const packed = packOf(part);
      this.#insertPack.run(id, at, part.length, packed);
      bytes += packed.length + rowOverheadBytes;
      id += 1;
    }
    return bytes;
  }

  deleteThrough(id: number, { after }: RowRange): void {
    this.#deleteRange.run(after + 1, id);
  }

  first({ after, through }: RowRange): StoredRow | undefined {
    const row = this.#selectRange.get(after, through);
    return row === undefined ? undefined : this.#row(row);
  }

  all({ after, through }: RowRange): Generator<StoredRow> {
    return this.#each(this.#selectRange.iterate(after, through));
  }

  after(id: number, { after, through }: RowRange): Generator<StoredRow> {
    return this.#each(this.#selectRange.iterate(Math.max(id, after), through));
  }

  durableRows({ after, through }: RowRange): Generator<StoredRow> {
    return this.#each(this.#selectRange.iterate(after, Math.min(through, this.#durableId)));
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** Ends what one lane holds, and gives the last id of it; the rows to come belong to another. */
  endRange(): number {
    const last = this.#lastId;
    this.#lastId += idsBetweenLanes;
    return last;
  }

  *#each(rows: Iterable<Record<string, SQLOutputValue>>): Generator<StoredRow> {
    for (const row of rows) {
      yield this.#row(row);
    }
  }

  #row(row: Record<string, SQLOutputValue>): StoredRow {
    const id = Number(row.id);
    const records = Number(row.records);
    return {
      id,
      at: Number(row.at),
      records,
      bytes: Number(row.bytes) + rowOverheadBytes,
      bodies: () => this.#bodies(id, records),
    };
  }

  /** A row that does not hold what it says is damage: what is lost with it must become a gap. */
  #bodies(id: number, records: number): readonly string[] {
    const row = this.#selectBody.get(id);
    const bodies = row?.packed instanceof Uint8Array ? unpacked(row.packed) : [String(row?.body)];
    if (row === undefined || bodies?.length !== records) {
      throw new DamagedError(`a row of ${records} records cannot be read`);
    }
    return bodies;
  }
}

function unpacked(pack: Uint8Array): readonly string[] | undefined {
  try {
    return unpack(pack);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

function packOf(records: readonly UplinkRecord[]): Uint8Array {
  const pack = new PackWriter();
  for (const record of records) {
    pack.add(record);
  }
  return pack.take();
}

/** Reads a body that this program wrote. */
export function recordOf(body: string): UplinkRecord {
  const record: UplinkRecord = JSON.parse(body);
  return record;
}

const textBytes = (body: string): number => Buffer.byteLength(body) + rowOverheadBytes;
