import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeviceStatus } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** What is known of a device beside its readings; kept across restarts. */
export interface DeviceState {
  /** Not there for a device whose line nobody watches: its messages come over somebody else. */
  readonly connected?: boolean;
  /** Since when it is (not) connected. */
  readonly since: number;
  /** It was heard of at least once: connected, or with a reading that was not BAD. */
  readonly spoke: boolean;
  readonly bootId?: string;
  readonly firmware?: string;
  /** The connector on which it was heard last, where the configuration does not name it. */
  readonly line?: string;
}

const checkState = Compile(
  Type.Object({
    connected: Type.Optional(Type.Boolean()),
    since: Type.Number(),
    spoke: Type.Optional(Type.Boolean()),
    bootId: Type.Optional(Type.String()),
    firmware: Type.Optional(Type.String()),
    line: Type.Optional(Type.String()),
  }),
);

/** The last known state of each device. Memory goes ahead of the disk until the next `reload`. */
export class DeviceStates {
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #states = new Map<string, DeviceState>();
  readonly #heardOf = new Set<string>();

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT device_id, state FROM device_states');
    this.#upsert = database.prepare(
      'INSERT INTO device_states (device_id, state) VALUES (?, ?) ' +
        'ON CONFLICT (device_id) DO UPDATE SET state = excluded.state',
    );
    this.reload();
  }

  reload(): void {
    this.#states.clear();
    for (const row of this.#select.iterate()) {
      const state: unknown = JSON.parse(String(row.state));
      if (checkState.Check(state)) {
        // Who was known before this was noted is taken for heard of.
        this.#states.set(String(row.device_id), { ...state, spoke: state.spoke ?? true });
      }
    }
  }

  get(deviceId: string): DeviceState | undefined {
    return this.#states.get(deviceId);
  }

  /** Devices that are taken for connected from before the start, and of which there was no news since. */
  connectedButUnheard(): string[] {
    return [...this.#states]
      .filter(([deviceId, { connected }]) => connected === true && !this.#heardOf.has(deviceId))
      .map(([deviceId]) => deviceId);
  }

  /** Takes the news into memory and gives the record to commit, or undefined where it is none. */
  change(news: Omit<DeviceStatus, 'type' | 'at'>, at: number): DeviceStatus | undefined {
    const before = this.#states.get(news.deviceId);
    if (news.connected) {
      this.#heardOf.add(news.deviceId);
    }
    const bootId = news.bootId ?? before?.bootId;
    const firmware = news.firmware ?? before?.firmware;
    const isSame =
      before?.connected === news.connected && before.bootId === bootId && before.firmware === firmware;
    if (isSame && news.reported === undefined) {
      return undefined;
    }
    const since = before?.connected === news.connected ? before.since : at;
    this.#states.set(news.deviceId, {
      connected: news.connected,
      since,
      spoke: news.connected || (before?.spoke ?? false),
      ...(bootId !== undefined && { bootId }),
      ...(firmware !== undefined && { firmware }),
      ...(before?.line !== undefined && { line: before.line }),
    });
    return {
      type: 'device-status',
      deviceId: news.deviceId,
      connected: news.connected,
      at,
      ...(bootId !== undefined && { bootId }),
      ...(firmware !== undefined && { firmware }),
      ...(news.reason !== undefined && { reason: news.reason.slice(0, 200) }),
      ...(news.reported !== undefined && { reported: news.reported }),
    };
  }

  /** Takes into memory that a device was heard of, and gives the state to write. */
  spoke(deviceId: string, at: number): DeviceState {
    const state = { since: at, ...this.#states.get(deviceId), spoke: true };
    this.#states.set(deviceId, state);
    return state;
  }

  /** Takes into memory over which connector a device is heard, and gives the state to write. */
  heardOn(deviceId: string, line: string, at: number): DeviceState {
    const state = { since: at, spoke: false, ...this.#states.get(deviceId), line };
    this.#states.set(deviceId, state);
    return state;
  }

  /** Each device that was heard over a connector that does not name it, and that connector. */
  heardLines(): [deviceId: string, line: string][] {
    return [...this.#states].flatMap(([deviceId, { line }]): [string, string][] =>
      line === undefined ? [] : [[deviceId, line]],
    );
  }

  /** Inside a transaction: keeps what is known of the device. */
  write(deviceId: string, state: DeviceState): void {
    this.#upsert.run(deviceId, JSON.stringify(state));
  }
}
