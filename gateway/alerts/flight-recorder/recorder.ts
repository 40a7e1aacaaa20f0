import {
  type AlertRecording,
  type AlertTransition,
  type FlightRecorderSettings,
  type Reading,
  recordingFramesMax,
} from '@andon/shared/contracts';
import { type Frame, FrameRing, type KeptFrame } from './frame-ring.ts';
import { type Sample, SampleRing } from './sample-ring.ts';

const beforeSecondsDefault = 60;
const afterSecondsDefault = 30;
const samplesDefault = 1000;
const memoryBytesDefault = 16 * 1024 * 1024;
const recordingsAnHourDefault = 60;
const hourMilliseconds = 3_600_000;
/** Alerts whose time after is still running, of all devices. */
const waitingMax = 10_000;
/** What came after an alert so far is saved as often as this, of so many alerts at once. */
const saveMilliseconds = 5000;
const savedAtOnceMax = 100;
/** Why a part after an alert ends early. */
const cutOffReason = 'cut off by a restart';

interface KeptDevice {
  readonly ring: SampleRing;
  frames: FrameRing | undefined;
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
  /** How much of the device was noted when it was saved last. */
  savedSample: number;
}

/** What came after an alert, once that is known; without a recording where nothing came. */
export interface FinishedRecording {
  readonly alertId: string;
  readonly recording: AlertRecording | undefined;
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
  #saveAt = Number.POSITIVE_INFINITY;
  #isWatched: (deviceId: string) => boolean = () => true;
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

  /** Takes a frame in, of a device that can have alerts. */
  noteFrame(frame: Frame, at: number): void {
    if (!this.#isWatched(frame.deviceId)) return;
    const device = this.#device(frame.deviceId);
    if (device === undefined) return;
    if (device.frames === undefined) {
      if (!this.#mayGrow(FrameRing.bytesFirst)) return;
      device.frames = new FrameRing();
    }
    device.frames.note(frame, at, at - this.#beforeMilliseconds, this.#mayGrow);
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
      if (this.#waiting.length === 0) this.#saveAt = now + saveMilliseconds;
      const savedSample = firstSample;
      this.#waiting.push({ deviceId, alertId, raisedAt: now, sourceUntil, firstSample, dueAt, savedSample });
    }
    const from = sourceTime - this.#beforeMilliseconds;
    const samples = [...device.ring.since(0)].filter((sample) => sample.sourceTime >= from);
    const span = { from: Math.max(0, from), to: sourceTime };
    const frames = device.frames?.since(now - this.#beforeMilliseconds) ?? [];
    const kept = samples.slice(-this.#samplesMax);
    const isTruncated = kept.length < samples.length || device.ring.isCutSince(from);
    return recordingOf(alert, 'before', span, kept, frames, isTruncated, device.ring.units);
  }

  /** When `due` has something to say. */
  get dueAt(): number {
    return this.#waiting[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** What came after the alerts whose time is over. */
  due(now: number): FinishedRecording[] {
    const finished: FinishedRecording[] = [];
    while (this.dueAt <= now) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      const recording = this.#after(waiting, now);
      const isEmpty = recording === undefined || recording.signals.length + recording.frames.length === 0;
      finished.push({ alertId: waiting.alertId, recording: isEmpty ? undefined : recording });
    }
    return finished;
  }

  /** What came after an alert until now. */
  #after(waiting: Waiting, now: number): AlertRecording | undefined {
    const device = this.#devices.get(waiting.deviceId);
    if (device === undefined) return undefined;
    const { raisedAt, sourceUntil, firstSample } = waiting;
    const samples = [...device.ring.since(firstSample)].filter(({ sourceTime }) => sourceTime <= sourceUntil);
    const kept = samples.slice(0, this.#samplesMax);
    const frames = device.frames?.since(raisedAt) ?? [];
    const span = { from: raisedAt, to: Math.max(raisedAt, now) };
    const isTruncated = kept.length < samples.length || device.ring.hasLost(firstSample);
    return recordingOf(waiting, 'after', span, kept, frames, isTruncated, device.ring.units);
  }

  /** What is to be sent of an alert that was just raised, if the gateway does not live to see what follows. */
  begun({ deviceId, alertId }: AlertTransition, now: number): AlertRecording | undefined {
    if (this.#waiting.at(-1)?.alertId !== alertId) return undefined;
    const span = { from: now, to: now };
    return cutOff(recordingOf({ alertId, deviceId }, 'after', span, [], [], false, new Map()));
  }

  /** When `toSave` has something to say. */
  get saveAt(): number {
    return this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : this.#saveAt;
  }

  /** The same of those whose time runs and of which something came since the last time: what there is so far. */
  toSave(now: number): AlertRecording[] {
    if (now < this.saveAt) return [];
    this.#saveAt = now + saveMilliseconds;
    const parts: AlertRecording[] = [];
    for (const waiting of this.#waiting) {
      const noted = this.#devices.get(waiting.deviceId)?.ring.noted ?? 0;
      if (noted === waiting.savedSample) continue;
      if (parts.length === savedAtOnceMax) break;
      const recording = this.#after(waiting, now);
      if (recording !== undefined) parts.push(cutOff(recording));
      waiting.savedSample = noted;
    }
    return parts;
  }

  /** Forgets the devices that are no more, or have no rules any more, and takes nothing in of others. */
  keepOnly(isKnown: (deviceId: string) => boolean): void {
    this.#isWatched = isKnown;
    for (const [deviceId, { ring, frames }] of this.#devices) {
      if (isKnown(deviceId)) continue;
      this.#bytes -= ring.bytes + (frames?.bytes ?? 0);
      this.#devices.delete(deviceId);
    }
  }

  clockStepped(milliseconds: number): void {
    this.#waiting = this.#waiting.map((waiting) => ({ ...waiting, dueAt: waiting.dueAt + milliseconds }));
    this.#saveAt += milliseconds;
  }

  /** Undefined where the memory is used up. */
  #device(deviceId: string): KeptDevice | undefined {
    const known = this.#devices.get(deviceId);
    if (known !== undefined) return known;
    const ring = new SampleRing(this.#samplesMax);
    if (!this.#mayGrow(ring.bytes)) return undefined;
    const device = { ring, frames: undefined, hourBegan: 0, recordings: 0 };
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

const cutOff = (recording: AlertRecording): AlertRecording => ({
  ...recording,
  truncated: true,
  reason: cutOffReason,
});

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
