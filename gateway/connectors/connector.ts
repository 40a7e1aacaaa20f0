import type { Command, DeviceDefinition, DeviceStatus, SignalValue } from '@andon/shared/contracts';

/**
 * A raw value as a connector took it off its wire, before units, ranges and quality are judged. A read that
 * failed is a raw value too: `value` null and a `badReason`.
 */
export interface RawValue {
  readonly signal: string;
  readonly value: unknown;
  readonly unit?: string;
  /** Present where the read failed, for example `timeout`, `checksum`, `exception-2`. */
  readonly badReason?: string;
  /** The device's own time of this value, milliseconds since the epoch, where it differs from the message's. */
  readonly sourceTime?: number;
  /** The device itself says that the value comes from its backlog. */
  readonly historical?: boolean;
}

/** Values that arrived together from one device. */
export interface RawMessage {
  readonly deviceId: string;
  readonly values: readonly RawValue[];
  /** The device's own time, milliseconds since the epoch; absent where it has no clock. */
  readonly sourceTime?: number;
  readonly bootId?: string;
  /**
   * Identity of a redelivered message (MQTT DUP): committed once, acknowledged as often as it comes. A key that is a
   * number is a digest of 53 bits.
   */
  readonly redelivery?: { readonly key: string | number; readonly possible: boolean };
}

/** What the gateway offers to a connector. */
export interface ConnectorContext {
  /** Resolves when the message is durably committed; rejects when it could not be, and then nothing of it was. */
  ingest(message: RawMessage): Promise<void>;
  /** Counts input that was refused, by source and stable reason; it reaches the metrics and the cloud. */
  reject(rejection: { source: string; reason: string; deviceId?: string; detail?: string }): void;
  /** Tells that a device was seen, lost or rebooted. Durable when it resolves. */
  deviceStatus(status: Omit<DeviceStatus, 'type' | 'at'>): Promise<void>;
  /** What a device says of a command that it got over its wire. Durable when it resolves. */
  commandResult(result: {
    deviceId: string;
    commandId: string;
    status: 'accepted' | 'executing' | 'succeeded' | 'failed' | 'rejected';
    reason?: string;
    result?: Record<string, SignalValue>;
  }): Promise<void>;
  /** Shows the flight recorder the bytes of a frame, as they went over the device's wire. */
  frame?(frame: {
    readonly deviceId: string;
    readonly direction: 'received' | 'sent';
    readonly bytes: Uint8Array;
    /** The payload of a publication, of which its values tell most. */
    readonly isMessage?: boolean;
  }): void;
  /** A device said something over this connector; called before `ingest`, for what is no failed read. */
  heard?(deviceId: string, connector: string): void;
  /** The device as configured here or registered in the cloud. */
  device(deviceId: string): DeviceDefinition | undefined;
}

export type ConnectorState = 'starting' | 'connected' | 'waiting' | 'stopped';

/** What the status page shows of a connector. */
export interface ConnectorHealth {
  readonly state: ConnectorState;
  readonly detail: string;
  /** Counters since the start, by name: `framesGood`, `bytesDiscarded`, `timeouts` … */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Connector {
  readonly name: string;
  /** Starts trying; it does not fail because a port or peer is absent: it comes back by itself, with back-off. */
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): ConnectorHealth;
  /** The devices that this connector speaks for now. */
  serves(deviceId: string): boolean;
  /**
   * Hands a command to the device, ahead of polls. Resolves when the device has it (`delivered`, its result
   * comes by `commandResult`) or has answered already (`succeeded`, `failed`, `rejected`); rejects where the
   * device cannot be reached now, so that the caller tries again until expiry. Where it was sent and nothing says
   * whether it arrived, it rejects only if the command `mayBeRepeated`; else it is `delivered`, or `failed` where no
   * word of the device can follow, with a reason that begins with `unconfirmed`.
   */
  execute(
    command: Command,
  ): Promise<{ status: 'delivered' | 'succeeded' | 'failed' | 'rejected'; reason?: string }>;
  /** Writes a writable point (a local action or a set-point command). Rejects with a reason. */
  write(deviceId: string, point: string, value: SignalValue): Promise<void>;
  /** Publishes on the wire, where it has topics. */
  publish?(topic: string, payload: string, retain: boolean): Promise<void>;
}
