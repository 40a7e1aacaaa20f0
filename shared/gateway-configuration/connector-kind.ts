import type { KeyPath, Tell } from './mistakes.ts';

/** A device that a connector speaks for, and what it can do there. */
export interface ServedDevice {
  readonly deviceId: string;
  /** Where the configuration names the device, below the connector: `['slaves', 0, 'deviceId']`. */
  readonly path: KeyPath;
  /** The signals that it reads; undefined where they are known only when they come. */
  readonly signals: ReadonlySet<string> | undefined;
  /** The points that a command or a local action may write; undefined where they stand in a file not read here. */
  readonly writable: ReadonlySet<string> | undefined;
}

/** What only one connector may hold, such as a serial port. */
export interface ExclusiveResource {
  readonly name: string;
  /** Where it is named, below the connector. */
  readonly path: KeyPath;
}

/** What the checks must know of a kind of connector, besides its schema. */
export interface ConnectorKind<Settings> {
  services(settings: Settings): readonly ServedDevice[];
  exclusives(settings: Settings): readonly ExclusiveResource[];
  /** Tells what no schema can say; `path` is the connector's own. */
  check(settings: Settings, path: KeyPath, tell: Tell): void;
}
