import type { TopicMapping } from '@andon/shared/contracts';
import type { ConnectorContext, RawMessage } from '../connector.ts';
import { MappingTable, type MatchedMapping, ServedDevices } from '../payload-mapping/index.ts';
import { showPayload } from '../show-payload.ts';

/** What consumes publications on topics that are not `devices/…`. */
export interface OtherTopics {
  mayPublish(publisher: string, topic: string): boolean;
  maySubscribe?(subscriber: string, filter: string): boolean;
  /** Resolves when it may be acknowledged; rejects where it could not be stored. */
  consume(
    publisher: string,
    topic: string,
    payload: Uint8Array,
    redelivery: RawMessage['redelivery'],
  ): Promise<void>;
}

export interface MappedTopicsOptions {
  readonly context: Pick<ConnectorContext, 'ingest' | 'device' | 'deviceStatus' | 'frame'>;
  unreadable(deviceId: string, reason: string, detail: string): void;
  now(): number;
}

/**
 * The topics that mappings of the configuration open. A device speaks for itself alone: where the topic or the payload
 * names another one, it must be among the mapping's `publishers`.
 */
export class MappedTopics implements OtherTopics {
  readonly #table: MappingTable;
  readonly #options: MappedTopicsOptions;
  readonly #devices: ServedDevices;

  constructor(mappings: readonly TopicMapping[], options: MappedTopicsOptions) {
    this.#table = new MappingTable(mappings);
    this.#options = options;
    this.#devices = new ServedDevices(options.context, []);
  }

  mayPublish(publisher: string, topic: string): boolean {
    return this.#table.matching(topic).some((matched) => isOpenTo(matched, publisher));
  }

  async consume(
    publisher: string,
    topic: string,
    payload: Uint8Array,
    redelivery: RawMessage['redelivery'],
  ): Promise<void> {
    const { context, unreadable, now } = this.#options;
    const commits: Promise<void>[] = [];
    const shown = new Set<string>();
    let index = 0;
    for (const matched of this.#table.matching(topic)) {
      if (isOpenTo(matched, publisher)) {
        const { mapping, names } = matched;
        const publication = mapping.read(names, payload, now());
        for (const { reason, detail } of publication.refusals) {
          unreadable(publisher, reason, detail);
        }
        for (const message of publication.messages) {
          index += 1;
          if (this.#isTaken(message.deviceId, matched, publisher)) {
            showPayload(context, shown, message.deviceId, payload);
            this.#devices.heard(message);
            const own = redelivery && { ...redelivery, key: `${redelivery.key}:${index}` };
            commits.push(context.ingest(own === undefined ? message : { ...message, redelivery: own }));
          }
        }
        for (const { deviceId, connected } of publication.statuses) {
          if (this.#isTaken(deviceId, matched, publisher)) {
            showPayload(context, shown, deviceId, payload);
            commits.push(this.#said(deviceId, connected));
          }
        }
      }
    }
    await Promise.all(commits);
  }

  /** What a device, or its last will, says of itself on a topic that a mapping gives that meaning. */
  async #said(deviceId: string, connected: boolean): Promise<void> {
    const { context } = this.#options;
    if (connected) {
      await context.deviceStatus({ deviceId, connected });
      return;
    }
    const reason = 'reported-offline';
    const loss = this.#devices.lostOne(deviceId, reason);
    await Promise.all([
      loss !== undefined && loss.message.values.length > 0 ? context.ingest(loss.message) : undefined,
      context.deviceStatus({ deviceId, connected, reason }),
    ]);
  }

  #isTaken(deviceId: string, { mapping }: MatchedMapping, publisher: string): boolean {
    const { context, unreadable } = this.#options;
    if (deviceId !== publisher && mapping.settings.publishers?.includes(publisher) !== true) {
      unreadable(publisher, 'device-not-allowed', deviceId);
      return false;
    }
    if (context.device(deviceId) === undefined) {
      unreadable(publisher, 'unknown-device', deviceId);
      return false;
    }
    return true;
  }
}

function isOpenTo({ mapping, names }: MatchedMapping, publisher: string): boolean {
  if (mapping.settings.publishers?.includes(publisher) === true) {
    return true;
  }
  const ofTopic = mapping.deviceOfTopic(names);
  return ofTopic === undefined || ofTopic.deviceId === publisher;
}
