import type {
  AlertRecording,
  AlertShelving,
  AlertTransition,
  DeviceDefinition,
  LocalAction,
  Reading,
} from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { FlightRecorder } from './flight-recorder/index.ts';

/** The stored state of one rule of one device. `key` is `deviceId/ruleName`; `state` is JSON. */
export interface StoredAlertState {
  readonly key: string;
  readonly state: string;
}

/** A change of stored state: the new JSON, or null where the row is to be deleted. */
export interface AlertStateChange {
  readonly key: string;
  readonly state: string | null;
}

/** A local action that a transition asks for. `deviceId` is the device whose alert it is. */
export interface AlertAction {
  readonly deviceId: string;
  readonly alertId: string;
  readonly transition: 'raised' | 'cleared';
  readonly action: LocalAction;
}

/**
 * What the caller commits in one transaction, together with the readings that led to it. All lists are empty on the
 * quiet path, and then there is nothing to write.
 */
export interface Evaluation {
  readonly transitions: readonly AlertTransition[];
  readonly states: readonly AlertStateChange[];
  readonly actions: readonly AlertAction[];
  readonly shelvings: readonly AlertShelving[];
  /** What the flight recorder gives with alerts. */
  readonly recordings: readonly AlertRecording[];
}

/** An open occurrence, for the status page. */
export interface ActiveAlert {
  readonly latest: AlertTransition;
  /** The source time of the transition that raised it. */
  readonly raisedAt: number;
}

/** A rule that raises nothing for a while, for the status page. */
export interface ShelvedRule {
  readonly deviceId: string;
  readonly rule: string;
  readonly kind: 'timed' | 'one-shot' | 'chatter';
  readonly until: number;
  readonly by: string;
  readonly reason: string;
}

/** What a person asks of a rule of a device. */
export type RuleRequest = { readonly deviceId: string; readonly rule: string; readonly by: string } & (
  | { readonly ask: 'shelve'; readonly kind: 'timed' | 'one-shot'; readonly milliseconds: number }
  | { readonly ask: 'unshelve' }
  | { readonly ask: 'reset' }
);

export interface AlertEngineOptions {
  readonly newId: IdentifierSource;
  /** What was stored, read once before the first `configure`. */
  readonly states: Iterable<StoredAlertState>;
  /** The line (bus, connector) that a device shares with others; undefined where it has one of its own. */
  readonly lineOf?: (deviceId: string) => string | undefined;
  /** The devices of which `lineOf` says something else since this was called last; asked at each reading. */
  readonly takeMoved?: () => readonly string[];
  /** Keeps what devices send, for the alerts; without one they come alone. */
  readonly recorder?: FlightRecorder | undefined;
}

/** All times are milliseconds since the epoch by the gateway's wall clock. */
export interface AlertEngine {
  /**
   * Takes the whole list of devices (those of the file and those of the cloud together): what is not in it is
   * removed, and its open alerts are cleared with a reason. Call it once before the first reading.
   */
  configure(devices: readonly DeviceDefinition[], now: number): Evaluation;
  /** Evaluates readings in the order given, which is the order of arrival. */
  evaluate(readings: readonly Reading[], now: number): Evaluation;
  /** Lets delays and stale signals expire. Cheap when nothing is due. */
  tick(now: number): Evaluation;
  /** When to call `tick` next at the latest; undefined where nothing waits. It may be early, never late. */
  nextWake(): number | undefined;
  active(): ActiveAlert[];
  shelved(): ShelvedRule[];
  /** Shelves, unshelves or resets. Throws an `AndonError` that says why it cannot be. */
  ask(request: RuleRequest, now: number): Evaluation;
  /**
   * Says that the gateway's wall clock was set, by so many milliseconds (positive: forward), so that the leap is
   * not taken for silence. A step back is noticed without it.
   */
  clockStepped(milliseconds: number): void;
}
