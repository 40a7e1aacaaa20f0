import type { Clock } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { LoadedConfiguration } from '../config/index.ts';
import { CloudClient, messageOf, type UplinkLogger } from '../uplink/index.ts';
import { UplinkGate } from '../uplink-windows/index.ts';

const lookMilliseconds = 2000;
/** The cloud may allow tomorrow what it refuses today. */
const refusedAgainMilliseconds = 600_000;
const failedAgainMilliseconds = 30_000;
const answerMilliseconds = 30_000;
const devicesPerRequestMax = 200;

const checkAnswer = Compile(
  Type.Object({
    items: Type.Array(
      Type.Object({
        deviceId: Type.String(),
        outcome: Type.String(),
        reason: Type.Union([Type.String(), Type.Null()]),
      }),
    ),
  }),
);

export interface AnnouncerParts {
  readonly loaded: () => LoadedConfiguration;
  readonly clock: Clock;
  readonly logger: UplinkLogger;
}

interface Announcement {
  readonly deviceId: string;
  readonly categoryId: string;
  readonly name?: string;
  readonly mqttPasswordSha256?: string;
}

/**
 * Tells the cloud of the devices that the file names with a category, so that those that it does not know come into
 * its registry where it allows that. What it knows is not told again until it changes in the file.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  /** By device: what was told last, and when (by the monotonic clock) it is told again; undefined: never. */
  readonly #told = new Map<string, { readonly text: string; readonly againAt: number | undefined }>();
  #gate: { readonly windows: unknown; readonly gate: UplinkGate } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  readonly #abort = new AbortController();

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), lookMilliseconds);
    this.#look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#abort.abort(new Error('the gateway stops'));
    await this.#working;
  }

  #look(): void {
    const { clock, loaded, logger } = this.#parts;
    if (this.#working !== undefined || clock.monotonic() < this.#notBefore || this.#abort.signal.aborted) {
      return;
    }
    const { cloud, configuration } = loaded();
    const due = cloud === undefined ? [] : this.#due(configuration);
    if (cloud === undefined || due.length === 0 || !this.#isOpen(configuration)) {
      return;
    }
    this.#working = this.#announce(cloud, due)
      .catch((error: unknown) => {
        this.#notBefore = clock.monotonic() + failedAgainMilliseconds;
        if (!this.#abort.signal.aborted) {
          logger.warn({ error: messageOf(error) }, 'the cloud was not told of devices of the configuration');
        }
      })
      .finally(() => {
        this.#working = undefined;
      });
  }

  #due({ devices = [] }: LoadedConfiguration['configuration']): Announcement[] {
    const now = this.#parts.clock.monotonic();
    const announcements = devices.flatMap(({ id, category, name, mqttPasswordSha256 }): Announcement[] =>
      category === undefined
        ? []
        : [
            {
              deviceId: id,
              categoryId: category,
              ...(name !== undefined && { name }),
              ...(mqttPasswordSha256 !== undefined && { mqttPasswordSha256 }),
            },
          ],
    );
    return announcements
      .filter((announcement) => {
        const told = this.#told.get(announcement.deviceId);
        const isNews = told?.text !== JSON.stringify(announcement);
        return isNews || (told.againAt !== undefined && told.againAt <= now);
      })
      .slice(0, devicesPerRequestMax);
  }

  /** The lines to the cloud have their times, and this is nothing urgent. */
  #isOpen({ uplink }: LoadedConfiguration['configuration']): boolean {
    const windows = uplink?.windows ?? [];
    if (this.#gate?.windows !== uplink?.windows || this.#gate === undefined) {
      const gate = new UplinkGate(windows, { clock: this.#parts.clock, urgent: () => false });
      this.#gate = { windows: uplink?.windows, gate };
    }
    return this.#gate.gate.isOpen();
  }

  async #announce(
    cloud: NonNullable<LoadedConfiguration['cloud']>,
    due: readonly Announcement[],
  ): Promise<void> {
    const { clock, logger } = this.#parts;
    const answer = await new CloudClient(cloud).request('/v1/gateway/devices', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ devices: due }),
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(answerMilliseconds)]),
    });
    const text = await answer.text();
    const body: unknown = answer.status === 200 ? JSON.parse(text) : undefined;
    if (!checkAnswer.Check(body)) {
      throw new Error(`the cloud answered ${answer.status}`);
    }
    for (const announcement of due) {
      const item = body.items.find(({ deviceId }) => deviceId === announcement.deviceId);
      const isRefused = item === undefined || item.outcome === 'refused';
      const againAt = isRefused ? clock.monotonic() + refusedAgainMilliseconds : undefined;
      this.#told.set(announcement.deviceId, { text: JSON.stringify(announcement), againAt });
      if (item !== undefined && item.outcome !== 'known') {
        const { deviceId, outcome, reason } = item;
        logger.info({ deviceId, outcome, reason }, 'the cloud was told of a device of the configuration');
      }
    }
  }
}
