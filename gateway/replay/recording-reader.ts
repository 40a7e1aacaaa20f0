import type { DeviceDefinition } from '@andon/shared/contracts';
import { fieldsOf, fieldValue, qualityOf, timeOf } from './fields.ts';
import { type Row, recordedValue } from './row.ts';
import { watchedSignals } from './rule-signals.ts';
import { unusable } from './unusable-recording.ts';

/** Which column means what; undefined where it is to be found out. */
export interface Columns {
  readonly device: string | undefined;
  readonly signal: string | undefined;
  readonly time: string | undefined;
  readonly value: string | undefined;
}

const timeNames = ['timestamp', 'time', 'ts', 'sourceTime', 'date', 'datetime'];
const qualitySuffix = '.quality';

interface ValueColumn {
  readonly column: number;
  readonly signal: string;
  /** The column that says how good the value is. */
  readonly quality: number | undefined;
}

interface Layout {
  readonly time: number;
  readonly device: number | undefined;
  readonly signal: number | undefined;
  /** The columns that hold values, with the signal that each is of. */
  readonly values: readonly ValueColumn[];
}

/** Reads a CSV file line by line: the first names the columns. */
export class RecordingReader {
  readonly #columns: Columns;
  readonly #devices: readonly DeviceDefinition[];
  #layout: Layout | undefined;
  #deviceId: string | undefined;
  #good = 0;
  #unread: readonly string[] = [];
  readonly #refusals = new Map<string, number>();

  constructor(columns: Columns, devices: readonly DeviceDefinition[]) {
    this.#columns = columns;
    this.#devices = devices;
  }

  /** The row of a line; undefined for the line of names, an empty one, and one that cannot be read. */
  take(line: string): Row | undefined {
    if (line.trim() === '') return undefined;
    const fields = fieldsOf(line.replace(/^\uFEFF/, ''));
    if (this.#layout === undefined) {
      this.#layout = this.#findLayout(fields.map((field) => field.trim()));
      return undefined;
    }
    const { time, device, signal, values } = this.#layout;
    const sourceTime = timeOf(fields[time] ?? '');
    if (sourceTime === undefined) return this.#refuse('the time cannot be read');
    const deviceId = device === undefined ? this.#deviceId : fields[device]?.trim();
    if (deviceId === undefined || !this.#devices.some(({ id }) => id === deviceId)) {
      return this.#refuse('the device is not in the configuration');
    }
    const raw: Row['values'][number][] = [];
    for (const { column, signal: ofColumn, quality: qualityColumn } of values) {
      const quality = qualityColumn === undefined ? 'GOOD' : qualityOf(fields[qualityColumn] ?? '');
      if (quality === undefined) return this.#refuse('the quality is none of GOOD, UNCERTAIN and BAD');
      const value = fieldValue(fields[column] ?? '');
      const name = signal === undefined ? ofColumn : (fields[signal]?.trim() ?? '');
      if (value !== undefined || quality === 'BAD') raw.push(recordedValue(name, value ?? null, quality));
    }
    if (raw.length === 0) return this.#refuse('there is no value');
    this.#good += 1;
    return { deviceId, sourceTime, values: raw };
  }

  /** Rows that were left out, by reason. Throws where none was good. */
  refusals(): Record<string, number> {
    if (this.#good === 0) {
      const reasons = [...this.#refusals].map(([reason, count]) => `${count} times ${reason}`);
      throw unusable(
        reasons.length === 0 ? 'The recording is empty.' : `No row can be used: ${reasons.join('; ')}.`,
      );
    }
    return Object.fromEntries(this.#refusals);
  }

  /** What a person should know of the recording, one sentence each. */
  warnings(): string[] {
    return this.#unread.length === 0
      ? []
      : [
          `No rule and no signal of the configuration is called like these columns: ${this.#unread.join(', ')}.`,
        ];
  }

  #refuse(reason: string): undefined {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  #findLayout(names: readonly string[]): Layout {
    const { columns, devices } = { columns: this.#columns, devices: this.#devices };
    const place = (name: string): number => names.indexOf(name);
    const timeName = columns.time ?? timeNames.find((name) => names.includes(name));
    if (timeName === undefined || place(timeName) === -1) {
      throw unusable(`No column holds the time; there are ${names.join(', ')}.`, '--time');
    }
    const device = optional(place('deviceId')) ?? optional(place('device'));
    this.#deviceId = columns.device ?? (devices.length === 1 ? devices[0]?.id : undefined);
    if (this.#deviceId === undefined && device === undefined) {
      throw unusable(`The configuration has ${devices.length} devices, and no column names one.`, '--device');
    }
    if (this.#deviceId !== undefined && !devices.some(({ id }) => id === this.#deviceId)) {
      throw unusable(`The configuration has no device ${this.#deviceId}.`, '--device');
    }
    const signal = columns.signal === undefined ? optional(place('signal')) : undefined;
    const values = this.#valueColumns(names, timeName, signal);
    const read = new Set([place(timeName), device, signal]);
    for (const { column, quality } of values) read.add(column).add(quality);
    this.#unread = names.filter((_, index) => !read.has(index));
    return {
      time: place(timeName),
      device: columns.device === undefined ? device : undefined,
      signal,
      values,
    };
  }

  #valueColumns(names: readonly string[], timeName: string, signal: number | undefined): Layout['values'] {
    const { value, signal: signalName } = this.#columns;
    const column = names.indexOf(value ?? 'value');
    if (value !== undefined && column === -1) {
      throw unusable(`There is no column ${value}; there are ${names.join(', ')}.`, '--value');
    }
    const ofAll = optional(names.indexOf('quality'));
    if (column !== -1 && (signal !== undefined || signalName !== undefined)) {
      return [{ column, signal: signalName ?? '', quality: ofAll }];
    }
    const watched = watchedSignals(this.#devices, this.#deviceId);
    const wide = names
      .map((name, index) => ({
        column: index,
        signal: name,
        quality:
          optional(names.indexOf(`${name}${qualitySuffix}`)) ?? (watched.has('quality') ? undefined : ofAll),
      }))
      .filter((candidate) => candidate.signal !== timeName && watched.has(candidate.signal));
    if (wide.length > 0) return wide;
    const [only] = watched;
    if (column !== -1 && only !== undefined && watched.size === 1) {
      return [{ column, signal: only, quality: ofAll }];
    }
    throw unusable(
      `No column is called like a signal of the rules; there are ${names.join(', ')}.`,
      '--signal and --value',
    );
  }
}

const optional = (place: number): number | undefined => (place === -1 ? undefined : place);
