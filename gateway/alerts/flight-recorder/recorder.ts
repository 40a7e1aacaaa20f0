import {
  type AlertRecording,
  type AlertTransition,
  type FlightRecorderSettings,
  type Reading,
  recordingFramesMax,
} from '@andon/shared/contracts';
import { type Sample, SampleRing } from './sample-ring.ts';

const beforeSecondsDefault = 60;
const afterSecondsDefault = 30;
const samplesDefault = 1000;
const memoryBytesDefault = 16 * 1024 * 1024;
const recordingsAnHourDefault = 60;
const hourMilliseconds = 3_600_000;
const frameBytesMax = 512;
/** Frames of a device that are kept. */
const framesMax = 64;
/** Alerts whose time after is still running, of all devices. */
const waitingMax = 10_000;

/** Bytes as they went over a device's wire. */
export interface Frame {
  readonly deviceId: string;
  readonly direction: 'received' | 'sent';
  readonly bytes: Uint8Array;
}

interface KeptFrame {
  readonly at: number;
  readonly direction: Frame['direction'];
  readonly bytes: Uint8Array;
}

interface KeptDevice {
  readonly ring: SampleRing;
  frames: KeptFrame[];
  /** Recordings of the hour that began then. */
  hourBegan: number;
  recordings: number;
}

interface Waiting {
  readonly deviceId: string;
  readonly alertId: string;
  readonly raisedAt: number;
  /** By the device's clock: of a backlog that comes all at once, what was later does not belong to the alert. */
  readonly sourceUntil: number;
  /** The number of the first sample after the alert. */
  readonly firstSample: number;
  readonly dueAt: number;
}

/** See the essay in `index.ts`. */
export class FlightRecorder {
  readonly #beforeMilliseconds: number;
  readonly #afterMilliseconds: number;
  readonly #samplesMax: number;
  readonly #memoryBytesMax: number;
  readonly #recordingsAnHourMax: number;
  readonly #devices = new Map<string, KeptDevice>();
  /** In the order in which their time is over: all wait equally long. */
  #waiting: Waiting[] = [];
  #bytes = 0;
  /** Alerts that came without a recording, as the device had had its share. */
  #left = 0;
  readonly #mayGrow = (bytes: number): boolean => {
    if (this.#bytes + bytes > this.#memoryBytesMax) return false;
    this.#bytes += bytes;
    return true;
  };

  constructor(settings: FlightRecorderSettings = {}) {
    this.#beforeMilliseconds = (settings.beforeSeconds ?? beforeSecondsDefault) * 1000;
    this.#afterMilliseconds = (settings.afterSeconds ?? afterSecondsDefault) * 1000;
    this.#samplesMax = settings.samplesMax ?? samplesDefault;
    this.#memoryBytesMax = settings.memoryBytesMax ?? memoryBytesDefault;
    this.#recordingsAnHourMax = settings.recordingsAnHourMax ?? recordingsAnHourDefault;
  }

  get memoryBytes(): number {
    return this.#bytes;
  }

  get leftOut(): number {
    return this.#left;
  }

  /** Takes a reading in. It is on the way of every reading, so it is cheap. */
  note(reading: Reading): void {
    const device = this.#device(reading.deviceId);
    if (device === undefined) return;
    device.ring.note(reading, reading.gatewayTime - this.#beforeMilliseconds, this.#mayGrow);
  }

  noteFrame({ deviceId, direction, bytes }: Frame, at: number): void {
    const device = this.#device(deviceId);
    if (device === undefined) return;
    device.frames.push({ at, direction, bytes: Uint8Array.from(bytes.subarray(0, frameBytesMax)) });
    if (device.frames.length > 2 * framesMax) device.frames = device.frames.slice(-framesMax);
  }

  /** What came before an alert, to be sent with it; undefined where there is nothing, or the device had its share. */
  raised(alert: AlertTransition, now: number): AlertRecording | undefined {
    const device = this.#devices.get(alert.deviceId);
    if (device === undefined || this.#waiting.length >= waitingMax) return undefined;
    if (!this.#hasShare(device, now)) {
      this.#left += 1;
      return undefined;
    }
    const { deviceId, alertId, sourceTime } = alert;
    if (this.#afterMilliseconds > 0) {
      const firstSample = device.ring.noted;
      const dueAt = now + this.#afterMilliseconds;
      const sourceUntil = sourceTime + this.#afterMilliseconds;
      this.#waiting.push({ deviceId, alertId, raisedAt: now, sourceUntil, firstSample, dueAt });
    }
    const from = sourceTime - this.#beforeMilliseconds;
    const samples = [...device.ring.since(0)].filter((sample) => sample.sourceTime >= from);
    const span = { from: Math.max(0, from), to: sourceTime };
    const frames = device.frames.filter(({ at }) => at >= now - this.#beforeMilliseconds);
    const kept = samples.slice(-this.#samplesMax);
    const isTruncated = kept.length < samples.length || device.ring.isCutSince(from);
    return recordingOf(alert, 'before', span, kept, frames.slice(-framesMax), isTruncated, device.ring.units);
  }

  /** When `due` has something to say. */
  get dueAt(): number {
    return this.#waiting[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** What came after the alerts whose time is over. */
  due(now: number): AlertRecording[] {
    const recordings: AlertRecording[] = [];
    while (this.dueAt <= now) {
      const waiting = this.#waiting.shift();
      const device = waiting && this.#devices.get(waiting.deviceId);
      if (waiting === undefined || device === undefined) continue;
      const { raisedAt, sourceUntil, firstSample } = waiting;
      const samples = [...device.ring.since(firstSample)].filter(
        ({ sourceTime }) => sourceTime <= sourceUntil,
      );
      const kept = samples.slice(0, this.#samplesMax);
      const frames = device.frames.filter(({ at }) => at >= raisedAt).slice(0, framesMax);
      const span = { from: raisedAt, to: Math.max(raisedAt, now) };
      const isTruncated = kept.length < samples.length || device.ring.hasLost(firstSample);
      if (kept.length > 0 || frames.length > 0) {
        recordings.push(recordingOf(waiting, 'after', span, kept, frames, isTruncated, device.ring.units));
      }
    }
    return recordings;
  }

  /** After a commit that failed: alerts that never were have no time after them. */
  forgetUnless(isKnown: (alertId: string) => boolean): void {
    this.#waiting = this.#waiting.filter(({ alertId }) => isKnown(alertId));
  }

  /** Forgets the devices that are no more. */
  keepOnly(isKnown: (deviceId: string) => boolean): void {
    for (const [deviceId, { ring }] of this.#devices) {
      if (isKnown(deviceId)) continue;
      this.#bytes -= ring.bytes;
      this.#devices.delete(deviceId);
    }
  }

  clockStepped(milliseconds: number): void {
    this.#waiting = this.#waiting.map((waiting) => ({ ...waiting, dueAt: waiting.dueAt + milliseconds }));
  }

  /** Undefined where the memory is used up. */
  #device(deviceId: string): KeptDevice | undefined {
    const known = this.#devices.get(deviceId);
    if (known !== undefined) return known;
    const ring = new SampleRing(this.#samplesMax);
    if (!this.#mayGrow(ring.bytes)) return undefined;
    const device = { ring, frames: [], hourBegan: 0, recordings: 0 };
    this.#devices.set(deviceId, device);
    return device;
  }

  #hasShare(device: KeptDevice, now: number): boolean {
    if (now - device.hourBegan >= hourMilliseconds || now < device.hourBegan) {
      device.hourBegan = now;
      device.recordings = 0;
    }
    device.recordings += 1;
    return device.recordings <= this.#recordingsAnHourMax;
  }
}

const qualityLetters = { GOOD: 'G', UNCERTAIN: 'U', BAD: 'B' } as const;

function recordingOf(
  { alertId, deviceId }: { alertId: string; deviceId: string },
  part: AlertRecording['part'],
  { from, to }: { from: number; to: number },
  samples: readonly Sample[],
  frames: readonly KeptFrame[],
  truncated: boolean,
  units: ReadonlyMap<string, string>,
): AlertRecording {
  const signals = [...Map.groupBy(samples, ({ signal }) => signal)].map(([signal, some]) => {
    const unit = units.get(signal);
    return {
      signal,
      ...(unit === undefined ? {} : { unit }),
      times: some.map(({ sourceTime }) => sourceTime - from),
      values: some.map(({ value }) => value),
      qualities: some.map(({ quality }) => qualityLetters[quality]).join(''),
    };
  });
  return {
    type: 'alert-recording',
    alertId,
    deviceId,
    part,
    from,
    to,
    truncated,
    signals,
    frames: frames.slice(0, recordingFramesMax).map(({ at, direction, bytes }) => ({
      at,
      direction,
      hexadecimal: Buffer.from(bytes).toString('hex'),
    })),
  };
}
