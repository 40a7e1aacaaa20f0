import type { DeviceStatus, Reading } from '@andon/shared/contracts';
import type { RawMessage } from '../connectors/connector.ts';
import type { Append, Outbox } from '../outbox/index.ts';
import type { DeviceRegistry } from './device-registry.ts';
import type { DeviceStates } from './device-states.ts';
import type { LatestReadings } from './latest-readings.ts';

const unheardMilliseconds = 60_000;
const retryMilliseconds = 1000;
const bootIdLengthMax = 64;
/** A device that reports more while the disk takes nothing loses the oldest of it. */
const unkeptMax = 20;

type News = Omit<DeviceStatus, 'type' | 'at'>;

export interface DeviceNewsOptions {
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly deviceStates: DeviceStates;
  readonly latestReadings: LatestReadings;
  /** Told after a device's new boot id or connection is committed. */
  readonly onDeviceChanged: (deviceId: string) => void;
  /** How long after the start a device that was connected before may stay silent; a minute. */
  readonly silenceMilliseconds?: number;
}

/** Keeps and tells that devices come, go and reboot. */
export class DeviceNews {
  readonly #options: DeviceNewsOptions;
  readonly #now: () => number;
  /** Of each device what could not be kept yet, the latest last: connectors say a thing once. */
  readonly #unkept = new Map<string, readonly News[]>();
  #retryTimer: NodeJS.Timeout | undefined;
  #unheardTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: DeviceNewsOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  start(): void {
    const { silenceMilliseconds = unheardMilliseconds } = this.#options;
    this.#unheardTimer = setTimeout(() => this.#tellUnheard(), silenceMilliseconds);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#unheardTimer);
  }

  /** Resolves when it is durable. Where it cannot be kept now it rejects, and is tried again nevertheless. */
  async tell(news: News): Promise<void> {
    const { deviceId } = news;
    const { outbox, deviceStates, onDeviceChanged } = this.#options;
    // What it reported before is a patch of its own, and not said twice by the device.
    const owed = this.#unkept.get(deviceId) ?? [];
    this.#unkept.delete(deviceId);
    const all = [...owed.filter(({ reported }) => reported !== undefined), news];
    const records = all
      .map((one) => deviceStates.change(one, this.#now()))
      .filter((record) => record !== undefined);
    if (records.length === 0) {
      return;
    }
    const works = records.map((record) => this.#work(record));
    try {
      await outbox.commit((append) => {
        for (const work of works) {
          work(append);
        }
      });
    } catch (error) {
      this.#tellLater(all);
      throw error;
    }
    onDeviceChanged(deviceId);
  }

  /** What to commit with a message that shows a new boot id, or is the first of all; undefined for any other. */
  ofMessage(
    { deviceId, bootId }: RawMessage,
    readings: readonly Reading[],
    now: number,
  ): ((append: Append) => void) | undefined {
    const { deviceStates } = this.#options;
    const before = deviceStates.get(deviceId);
    if (isBootId(bootId) && before?.bootId !== bootId) {
      const record = deviceStates.change({ deviceId, connected: true, bootId }, now);
      return record && this.#work(record);
    }
    if (before?.spoke === true || readings.every(({ quality }) => quality === 'BAD')) {
      return undefined;
    }
    const state = deviceStates.spoke(deviceId, now);
    return () => deviceStates.write(deviceId, state);
  }

  #work(record: DeviceStatus): (append: Append) => void {
    const { deviceStates } = this.#options;
    const state = deviceStates.get(record.deviceId);
    return (append) => {
      append('alerts', record);
      if (state !== undefined) deviceStates.write(record.deviceId, state);
    };
  }

  #tellLater(all: readonly News[]): void {
    const latest = all.at(-1);
    if (this.#stopped || latest === undefined) {
      return;
    }
    this.#unkept.set(latest.deviceId, all.slice(-unkeptMax));
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      for (const unkept of [...this.#unkept.values()]) {
        const latest = unkept.at(-1);
        if (latest !== undefined) {
          this.#unkept.set(latest.deviceId, unkept.slice(0, -1));
          this.#tellOrLater(latest);
        }
      }
    }, retryMilliseconds);
  }

  /** A device that went away while the gateway was down has nobody else to say so. */
  #tellUnheard(): void {
    const { deviceStates, latestReadings, registry } = this.#options;
    for (const deviceId of deviceStates.connectedButUnheard()) {
      if (registry.get(deviceId) && latestReadings.of(deviceId).length === 0) {
        const reason = 'not heard of since the gateway was started';
        this.#tellOrLater({ deviceId, connected: false, reason });
      }
    }
  }

  #tellOrLater(news: News): void {
    this.tell(news).catch(() => {
      // It is tried again, and the outbox shows what is wrong with it.
    });
  }
}

/** As the contract has it; anything else proves nothing and would be refused by the cloud. */
const isBootId = (bootId: string | undefined): bootId is string =>
  bootId !== undefined && bootId.length > 0 && bootId.length <= bootIdLengthMax;
