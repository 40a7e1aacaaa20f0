import { type Document, LineCounter, parseDocument } from 'yaml';
import { ModbusRegisterMap, seldomValidatorOf } from '../contracts/index.ts';
import type { KeyPath } from './mistakes.ts';
import { schemaMistakes } from './schema-mistakes.ts';

/** Gives the text of a file that a configuration names, by its path relative to the configuration. May throw. */
export type ReadMap = (path: string) => string;

/** A parsed file: where a key path stands in it, and the name by which mistakes call it. */
export interface Source {
  /** Undefined for the configuration itself. */
  readonly file: string | undefined;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** A key path of the configuration, or of a register map where it stands there. */
export interface Place {
  readonly source: Source;
  readonly path: KeyPath;
}

export interface PlacedMistake extends Place {
  readonly message: string;
}

interface ReadRegisterMap {
  readonly source: Source | undefined;
  readonly map: ModbusRegisterMap | undefined;
  readonly mistakes: readonly { readonly path: KeyPath; readonly message: string }[];
}

interface PointOrigin {
  readonly fromMap: boolean;
  readonly index: number;
}

type Plain = Readonly<Record<string, unknown>>;

const checkMap = seldomValidatorOf(ModbusRegisterMap);
/** It stands for the points of a map that could not be read, so that they are not said to be missing. */
const placeholderPoint = { signal: 'unread', table: 'coil', address: 0, read: false };

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Puts the register maps that a configuration names into it, and remembers what came from where. */
export class RegisterMaps {
  readonly #read: ReadMap;
  readonly #configuration: Source;
  readonly #known = new Map<string, ReadRegisterMap>();
  readonly #origins = new Map<string, { source: Source; own: Plain; points: readonly PointOrigin[] }>();
  readonly mistakes: PlacedMistake[] = [];

  constructor(read: ReadMap, configuration: Source) {
    this.#read = read;
    this.#configuration = configuration;
  }

  /** The configuration with the maps in it. Gives back what it does not understand, for the schema to judge. */
  expand(configuration: unknown): unknown {
    if (!isPlain(configuration) || !Array.isArray(configuration.connectors)) {
      return configuration;
    }
    const connectors = configuration.connectors.map((connector: unknown, index) =>
      isPlain(connector) && Array.isArray(connector.slaves)
        ? {
            ...connector,
            slaves: connector.slaves.map((slave: unknown, slaveIndex) =>
              this.#expandSlave(slave, ['connectors', index, 'slaves', slaveIndex]),
            ),
          }
        : connector,
    );
    return { ...configuration, connectors };
  }

  /** Where a key path of the expanded configuration was written. */
  placeOf(path: KeyPath): Place {
    const origin = this.#origins.get(JSON.stringify(path.slice(0, 4)));
    const [key, index, ...below] = path.slice(4);
    const inConfiguration = { source: this.#configuration, path };
    if (origin === undefined || key === undefined) {
      return inConfiguration;
    }
    if (key === 'points' && typeof index === 'number') {
      const point = origin.points[index];
      return point?.fromMap === true
        ? { source: origin.source, path: ['points', point.index, ...below] }
        : { source: this.#configuration, path: [...path.slice(0, 5), point?.index ?? index, ...below] };
    }
    return key in origin.own ? inConfiguration : { source: origin.source, path: path.slice(4) };
  }

  #expandSlave(slave: unknown, path: KeyPath): unknown {
    if (!isPlain(slave) || typeof slave.map !== 'string') {
      return slave;
    }
    const { map, mistakes, source } = this.#mapOf(slave.map);
    if (map === undefined || source === undefined) {
      this.mistakes.push(
        ...mistakes.map(({ path: below, message }) =>
          source === undefined
            ? { source: this.#configuration, path: [...path, 'map'], message }
            : { source, path: below, message },
        ),
      );
      return { ...slave, points: [placeholderPoint] };
    }
    const { description: _, points: mapped, ...kind } = map;
    const own = itemsOf(slave.points);
    const ownSignals = new Set(own.map((point) => (isPlain(point) ? point.signal : undefined)));
    const kept = [...mapped.entries()].filter(([, { signal }]) => !ownSignals.has(signal));
    this.#origins.set(JSON.stringify(path), {
      source,
      own: slave,
      points: [
        ...kept.map(([index]) => ({ fromMap: true, index })),
        ...own.map((_point, index) => ({ fromMap: false, index })),
      ],
    });
    return { ...kind, ...slave, points: [...kept.map(([, point]) => point), ...own] };
  }

  /** Reads each file once, however many slaves it describes. */
  #mapOf(path: string): ReadRegisterMap {
    const known = this.#known.get(path);
    if (known !== undefined) {
      // Its mistakes were told.
      return known.source === undefined ? known : { ...known, mistakes: [] };
    }
    const read = this.#readMap(path);
    this.#known.set(path, read);
    return read;
  }

  #readMap(path: string): ReadRegisterMap {
    let text: string;
    try {
      text = this.#read(path);
    } catch (error) {
      const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      return { source: undefined, map: undefined, mistakes: [{ path: [], message }] };
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const source = { file: path, document, lines };
    const [syntaxError] = document.errors;
    if (syntaxError !== undefined) {
      const { line, col } = lines.linePos(syntaxError.pos[0]);
      const message = `names ${path}, where line ${line}, column ${col} is wrong: ${syntaxError.message}`;
      return { source: undefined, map: undefined, mistakes: [{ path: [], message }] };
    }
    const value: unknown = document.toJS();
    return checkMap.Check(value)
      ? { source, map: value, mistakes: [] }
      : { source, map: undefined, mistakes: schemaMistakes(ModbusRegisterMap, value) };
  }
}
