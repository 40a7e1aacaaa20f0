import type { DeviceDefinition } from '@andon/shared/contracts';
import type { ConnectorContext, RawMessage, RawValue } from '../../gateway/connectors/connector.ts';

type Rejection = Parameters<ConnectorContext['reject']>[0];
type Status = Parameters<ConnectorContext['deviceStatus']>[0];
type Result = Parameters<ConnectorContext['commandResult']>[0];

/**
 * The gateway as connectors see it: commits to a ledger in memory, each redelivered message once, and remembers
 * all that it was told. `beforeCommit` and `afterCommit` let a test be slow, fail, or end the gateway at the worst
 * moment.
 */
export class RecordingContext implements ConnectorContext {
  readonly messages: RawMessage[] = [];
  readonly rejections: Rejection[] = [];
  readonly statuses: Status[] = [];
  readonly results: Result[] = [];
  readonly devices = new Map<string, DeviceDefinition>();
  beforeCommit: (message: RawMessage) => Promise<void> = async () => undefined;
  afterCommit: (message: RawMessage) => Promise<void> = async () => undefined;
  readonly #keys = new Set<string>();

  constructor(devices: readonly DeviceDefinition[] = []) {
    for (const device of devices) {
      this.devices.set(device.id, device);
    }
  }

  async ingest(message: RawMessage): Promise<void> {
    await this.beforeCommit(message);
    const { redelivery } = message;
    const known = redelivery?.possible === true && this.#keys.has(`${message.deviceId} ${redelivery.key}`);
    if (!known) {
      this.messages.push(message);
    }
    if (redelivery !== undefined) {
      this.#keys.add(`${message.deviceId} ${redelivery.key}`);
    }
    await this.afterCommit(message);
  }

  reject(rejection: Rejection): void {
    this.rejections.push(rejection);
  }

  async deviceStatus(status: Status): Promise<void> {
    this.statuses.push(status);
  }

  async commandResult(result: Result): Promise<void> {
    this.results.push(result);
  }

  device(deviceId: string): DeviceDefinition | undefined {
    return this.devices.get(deviceId);
  }

  /** All values of a signal so far, oldest first. */
  values(deviceId: string, signal: string): RawValue[] {
    return this.messages
      .filter((message) => message.deviceId === deviceId)
      .flatMap((message) => message.values.filter((value) => value.signal === signal));
  }

  /** The reasons of all rejections so far. */
  get reasons(): string[] {
    return this.rejections.map(({ reason }) => reason);
  }
}
