import type { DeviceProperties, DeviceStatus } from '@andon/shared/contracts';
import type { RawMessage } from '../connectors/connector.ts';
import type { Append, Outbox } from '../outbox/index.ts';
import type { DeviceRegistry } from './device-registry.ts';
import type { DeviceStates } from './device-states.ts';
import type { LatestReadings } from './latest-readings.ts';

const unheardMilliseconds = 60_000;
const retryMilliseconds = 1000;
const bootIdLengthMax = 64;

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
  /** The latest of each device that could not be kept yet: connectors say a thing once. */
  readonly #unkept = new Map<string, News>();
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
  async tell(latest: News): Promise<void> {
    const { outbox, deviceStates, onDeviceChanged } = this.#options;
    const news = withReported(latest, this.#unkept.get(latest.deviceId)?.reported);
    this.#unkept.delete(news.deviceId);
    const record = deviceStates.change(news, this.#now());
    if (!record) {
      return;
    }
    try {
      await outbox.commit(this.#work(record));
    } catch (error) {
      this.#tellLater(news);
      throw error;
    }
    onDeviceChanged(news.deviceId);
  }

  /** What to commit with a message that shows a new boot id; undefined where it shows none. */
  ofMessage({ deviceId, bootId }: RawMessage, now: number): ((append: Append) => void) | undefined {
    const { deviceStates } = this.#options;
    if (!isBootId(bootId) || deviceStates.get(deviceId)?.bootId === bootId) {
      return undefined;
    }
    const record = deviceStates.change({ deviceId, connected: true, bootId }, now);
    return record && this.#work(record);
  }

  #work(record: DeviceStatus): (append: Append) => void {
    const { deviceStates } = this.#options;
    const since = deviceStates.get(record.deviceId)?.since ?? record.at;
    return (append) => {
      append('alerts', record);
      deviceStates.write(record, since);
    };
  }

  #tellLater(news: News): void {
    if (this.#stopped) {
      return;
    }
    this.#unkept.set(news.deviceId, news);
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      for (const unkept of [...this.#unkept.values()]) {
        this.#tellOrLater(unkept);
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

/** What was reported before and could not be kept is not said twice by the device: a later patch goes over it. */
const withReported = (news: News, before: DeviceProperties | undefined): News =>
  before === undefined ? news : { ...news, reported: patchOver(before, news.reported ?? {}) };

/** One merge patch that does what both do, one after the other (RFC 7396). */
function patchOver(first: DeviceProperties, second: DeviceProperties): DeviceProperties {
  const both: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = both[name];
    both[name] = isObject(before) && isObject(value) ? patchOver(before, value) : value;
  }
  return both;
}

const isObject = (value: unknown): value is DeviceProperties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
