import type { DeviceDefinition } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { RawMessage } from '../connectors/connector.ts';

/** A row of the recording, as a connector would hand it on. */
export type Row = RawMessage & { readonly sourceTime: number };

/** Which column means what; undefined where it is to be found out. */
export interface Columns {
  readonly device: string | undefined;
  readonly signal: string | undefined;
  readonly time: string | undefined;
  readonly value: string | undefined;
}

const timeNames = ['timestamp', 'time', 'ts', 'sourceTime', 'date', 'datetime'];
const fieldsMax = 1000;
/** A number below this counts seconds and not milliseconds (it would be in 1973). */
const secondsMax = 100_000_000_000;

interface Layout {
  readonly time: number;
  readonly device: number | undefined;
  readonly signal: number | undefined;
  /** The columns that hold values, with the signal that each is of. */
  readonly values: readonly { readonly column: number; readonly signal: string }[];
}

/** Reads a CSV file line by line: the first names the columns. */
export class RecordingReader {
  readonly #columns: Columns;
  readonly #devices: readonly DeviceDefinition[];
  #layout: Layout | undefined;
  #deviceId: string | undefined;
  #good = 0;
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
    const raw = values
      .map((value) => ({
        signal: signal === undefined ? value.signal : (fields[signal]?.trim() ?? ''),
        value: fieldValue(fields[value.column] ?? ''),
      }))
      .filter(({ value }) => value !== undefined);
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
    if (column !== -1 && (signal !== undefined || signalName !== undefined)) {
      return [{ column, signal: signalName ?? '' }];
    }
    const watched = this.#watchedSignals();
    const wide = names
      .map((name, index) => ({ column: index, signal: name }))
      .filter((candidate) => candidate.signal !== timeName && watched.has(candidate.signal));
    if (wide.length > 0) return wide;
    const [only] = watched;
    if (column !== -1 && only !== undefined && watched.size === 1) return [{ column, signal: only }];
    throw unusable(
      `No column is called like a signal of the rules; there are ${names.join(', ')}.`,
      '--signal and --value',
    );
  }

  #watchedSignals(): Set<string> {
    const devices = this.#devices.filter(({ id }) => this.#deviceId === undefined || id === this.#deviceId);
    return new Set(
      devices.flatMap(({ signals = [], rules = [] }) => [
        ...signals.map(({ name }) => name),
        ...rules.map(({ signal }) => signal),
      ]),
    );
  }
}

const optional = (place: number): number | undefined => (place === -1 ? undefined : place);

/** RFC 4180, without line breaks inside a field. */
function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',', fieldsMax);
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  while (pattern.lastIndex <= line.length && fields.length < fieldsMax) {
    const found = pattern.exec(line);
    if (found === null) break;
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === '') break;
  }
  return fields;
}

/** Milliseconds since the epoch: a number of seconds or milliseconds, or a date, which is UTC where no zone stands. */
function timeOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Math.round(number < secondsMax ? number * 1000 : number);
  }
  const withZone = /(Z|[+-]\d\d:?\d\d)$/.test(trimmed) || !trimmed.includes(':') ? trimmed : `${trimmed}Z`;
  const time = Date.parse(withZone.replace(' ', 'T'));
  return Number.isFinite(time) && time >= 0 ? time : undefined;
}

function fieldValue(text: string): number | boolean | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  const number = Number(trimmed);
  return Number.isNaN(number) ? trimmed : number;
}

function unusable(message: string, option?: string): AndonError {
  return new AndonError({
    code: 'replay.unusable-recording',
    message,
    nextStep:
      option === undefined
        ? 'Look into the file; its first line names the columns.'
        : `Say it with ${option}.`,
  });
}
