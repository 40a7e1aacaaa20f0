import type { ConnectorContext } from '../connector.ts';
import type { Connection } from './connection.ts';
import type { ReportedStatus } from './status-payload.ts';

/** The device's own word, or ours with the reason for it. */
interface Status extends ReportedStatus {
  readonly reason?: string;
}

/**
 * Which connections each device has, and what was last told of it. A device is connected while it has at least one
 * signed-in connection; its own word on the status topic passes too, but a last will counts only when no other
 * connection of the device is left.
 */
export class DeviceSessions {
  readonly #context: ConnectorContext;
  readonly #failed: (error: unknown) => void;
  readonly #connections = new Map<string, Set<Connection>>();
  readonly #told = new Map<string, boolean>();

  constructor(context: ConnectorContext, failed: (error: unknown) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  get devicesConnected(): number {
    return this.#connections.size;
  }

  of(deviceId: string): readonly Connection[] {
    return [...(this.#connections.get(deviceId) ?? [])];
  }

  opened(deviceId: string, connection: Connection): void {
    const connections = this.#connections.get(deviceId) ?? new Set();
    connections.add(connection);
    this.#connections.set(deviceId, connections);
    if (this.#told.get(deviceId) !== true) {
      this.#tell(deviceId, { connected: true }).catch(this.#failed);
    }
  }

  closed(deviceId: string, connection: Connection, reason: string): void {
    const connections = this.#connections.get(deviceId);
    if (connections?.delete(connection) !== true || connections.size > 0) {
      return;
    }
    this.#connections.delete(deviceId);
    if (this.#told.get(deviceId) !== false) {
      this.#tell(deviceId, { connected: false, reason }).catch(this.#failed);
    }
  }

  /** The device's own word. Durable when it resolves. */
  async said(deviceId: string, status: ReportedStatus): Promise<void> {
    await this.#tell(deviceId, status);
  }

  async lastWill(deviceId: string, connection: Connection, status: ReportedStatus): Promise<void> {
    const others = this.of(deviceId).filter((other) => other !== connection);
    const news = status.connected || this.#told.get(deviceId) !== false;
    if (others.length === 0 && news) {
      await this.#tell(deviceId, status.connected ? status : { ...status, reason: 'last-will' });
    }
  }

  async #tell(deviceId: string, status: Status): Promise<void> {
    this.#told.set(deviceId, status.connected);
    await this.#context.deviceStatus({ deviceId, ...status });
  }
}
