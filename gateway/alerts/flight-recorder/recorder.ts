import type {
  AlertRecording,
  AlertTransition,
  FlightRecorderSettings,
  Reading,
} from '@andon/shared/contracts';
import { type Frame, FrameRing } from './frame-ring.ts';
import { endingEarly, noFrames, noSamples, recordingOf } from './recording.ts';
import { SampleRing } from './sample-ring.ts';

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
/** With more frames than these, of all parts together, the rest has its turn the next time. */
const savedFramesMax = 10_000;
/** What came before so many alerts is taken out at once: other alerts do not wait behind it. */
const takenOutAtOnceMax = 10;

interface KeptDevice {
  readonly ring: SampleRing;
  frames: FrameRing | undefined;
  /** When a frame came last for which there was no memory. */
  frameRefusedAt: number;
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
  /** The number of the first frame after the alert. */
  readonly firstFrame: number;
  dueAt: number;
  /** When it was saved last, and how much of the device was noted by then. */
  savedAt: number;
  savedNoted: number;
}

/**
 * Why something of a recording is missing: the device had its share of the hour, there was no memory for the device,
 * or a part ended early because more alerts than can wait were raised.
 */
export type RecordingLoss = 'hourly-share' | 'memory' | 'cut-short';

/** What came before or after an alert, once that is known; without a recording where nothing came. */
export interface FinishedRecording {
  readonly alertId: string;
  readonly part: AlertRecording['part'];
  readonly recording: AlertRecording | undefined;
}

/** What came before an alert and was not taken out yet. */
interface Owed {
  readonly alert: AlertTransition;
  readonly raisedAt: number;
  /** The numbers of the first sample and the first frame after the alert. */
  readonly firstSample: number;
  readonly firstFrame: number;
}

/** See the essay in `index.ts`. */
export class FlightRecorder {
  readonly #beforeMilliseconds: number;
  readonly #afterMilliseconds: number;
  readonly #samplesMax: number;
  readonly #memoryBytesMax: number;
  /** The longer of the two: what came after an alert must be there still when its time is over. */
  readonly #framesMilliseconds: number;
  readonly #recordingsAnHourMax: number;
  readonly #devices = new Map<string, KeptDevice>();
  /** In the order in which their time is over: all wait equally long. */
  readonly #waiting: Waiting[] = [];
  /** In the order in which they were raised. */
  readonly #owed: Owed[] = [];
  /** Parts that made room for those of newer alerts, until they are fetched. */
  #cutShort: FinishedRecording[] = [];
  #saveAt = Number.POSITIVE_INFINITY;
  #unsaved = 0;
  #isWatched: (deviceId: string) => boolean = () => true;
  #bytes = 0;
  /** Of these, what frames take. */
  #frameBytes = 0;
  readonly #losses: Record<RecordingLoss, number> = { 'hourly-share': 0, memory: 0, 'cut-short': 0 };
  readonly #mayGrow = (bytes: number): boolean => {
    if (this.#bytes + bytes > this.#memoryBytesMax) return false;
    this.#bytes += bytes;
    return true;
  };

  /** Frames take half of the memory at most: a talkative bus leaves room for the values of all devices. */
  readonly #framesMayGrow = (bytes: number): boolean => {
    if (this.#frameBytes + bytes > this.#memoryBytesMax / 2 || !this.#mayGrow(bytes)) return false;
    this.#frameBytes += bytes;
    return true;
  };

  constructor(settings: FlightRecorderSettings = {}) {
    this.#beforeMilliseconds = (settings.beforeSeconds ?? beforeSecondsDefault) * 1000;
    this.#afterMilliseconds = (settings.afterSeconds ?? afterSecondsDefault) * 1000;
    this.#framesMilliseconds = Math.max(this.#beforeMilliseconds, this.#afterMilliseconds);
    this.#samplesMax = settings.samplesMax ?? samplesDefault;
    this.#memoryBytesMax = settings.memoryBytesMax ?? memoryBytesDefault;
    this.#recordingsAnHourMax = settings.recordingsAnHourMax ?? recordingsAnHourDefault;
  }

  get memoryBytes(): number {
    return this.#bytes;
  }

  /** Alerts of which there is no recording, or not all of it, since the start. */
  get losses(): Readonly<Record<RecordingLoss, number>> {
    return this.#losses;
  }

  /** Alerts of which more came than was saved the last time: a restart would lose it. */
  get unsaved(): number {
    return this.#waiting.length === 0 ? 0 : this.#unsaved;
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
      if (!this.#framesMayGrow(FrameRing.bytesFirst)) {
        device.frameRefusedAt = at;
        return;
      }
      device.frames = new FrameRing();
    }
    device.frames.note(frame, at, at - this.#framesMilliseconds, this.#framesMayGrow);
  }

  /**
   * Notes an alert: `due` gives what came before it at once, and what comes after it once that is known. Gives what is
   * to be sent of the two if the gateway does not live to see them; nothing where nothing came of the device, it had
   * its share, or the memory has no room.
   */
  raised(alert: AlertTransition, now: number): AlertRecording[] {
    const device = this.#devices.get(alert.deviceId);
    if (device === undefined) {
      if (this.#bytes + SampleRing.bytesFirst > this.#memoryBytesMax) this.#losses.memory += 1;
      return [];
    }
    if (!this.#hasShare(device, now)) {
      this.#losses['hourly-share'] += 1;
      return [];
    }
    this.#owe(alert, device, now);
    if (this.#afterMilliseconds > 0) this.#await(alert, device, now);
    const span = { from: now, to: now };
    const parts: AlertRecording['part'][] = this.#afterMilliseconds > 0 ? ['before', 'after'] : ['before'];
    return parts.map((part) =>
      endingEarly(recordingOf(alert, part, span, noSamples, noFrames), 'cut off by a restart'),
    );
  }

  /** What came before is taken out when the alert itself is on its way. */
  #owe(alert: AlertTransition, { ring, frames }: KeptDevice, now: number): void {
    if (this.#owed.length >= waitingMax) this.#giveUpOldest(now);
    this.#owed.push({
      alert,
      raisedAt: now,
      firstSample: ring.noted,
      firstFrame: frames?.noted ?? 0,
    });
  }

  /** What came before it is gone by the time of its turn. */
  #giveUpOldest(now: number): void {
    const oldest = this.#owed.shift();
    if (oldest === undefined) return;
    this.#losses['cut-short'] += 1;
    const empty = recordingOf(oldest.alert, 'before', { from: now, to: now }, noSamples, noFrames);
    const recording = endingEarly(empty, 'cut short as too many alerts were recorded at once');
    this.#cutShort.push({ alertId: oldest.alert.alertId, part: 'before', recording });
  }

  #before({ alert, raisedAt, firstSample, firstFrame }: Owed): AlertRecording | undefined {
    const device = this.#devices.get(alert.deviceId);
    if (device === undefined) return undefined;
    const { ring, frames, frameRefusedAt } = device;
    const from = alert.sourceTime - this.#beforeMilliseconds;
    const samples = [...ring.since(0, firstSample)].filter((sample) => sample.sourceTime >= from);
    const kept = samples.slice(-this.#samplesMax);
    const isTruncated = kept.length < samples.length || ring.isCutSince(from);
    const span = { from: Math.max(0, from), to: alert.sourceTime };
    const framesFrom = raisedAt - this.#beforeMilliseconds;
    return recordingOf(
      alert,
      'before',
      span,
      { samples: kept, isTruncated, units: ring.units },
      {
        frames: frames?.since(framesFrom, firstFrame) ?? [],
        areTruncated: frames?.isCutSince(framesFrom) ?? frameRefusedAt >= framesFrom,
      },
    );
  }

  /** What follows an alert is waited for; where too many wait, the oldest ends here, so that the newest has its turn. */
  #await({ deviceId, alertId, sourceTime }: AlertTransition, device: KeptDevice, now: number): void {
    if (this.#waiting.length >= waitingMax) this.#cutOldestShort(now);
    if (this.#waiting.length === 0) this.#saveAt = now + saveMilliseconds;
    this.#waiting.push({
      deviceId,
      alertId,
      raisedAt: now,
      sourceUntil: sourceTime + this.#afterMilliseconds,
      firstSample: device.ring.noted,
      firstFrame: device.frames?.noted ?? 0,
      dueAt: now + this.#afterMilliseconds,
      savedAt: Number.NEGATIVE_INFINITY,
      savedNoted: notedOf(device),
    });
  }

  #cutOldestShort(now: number): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#losses['cut-short'] += 1;
    const recording = this.#after(oldest, now);
    const reason = 'cut short as too many alerts were recorded at once';
    this.#cutShort.push({
      alertId: oldest.alertId,
      part: 'after',
      recording: recording === undefined ? undefined : endingEarly(recording, reason),
    });
  }

  /** When `due` has something to say. */
  get dueAt(): number {
    if (this.#owed.length + this.#cutShort.length > 0) return 0;
    return this.#waiting[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** What came before the alerts that were raised, and after those whose time is over. */
  due(now: number): FinishedRecording[] {
    const finished = this.#cutShort;
    this.#cutShort = [];
    for (const owed of this.#owed.splice(0, takenOutAtOnceMax)) {
      finished.push({ alertId: owed.alert.alertId, part: 'before', recording: this.#before(owed) });
    }
    while ((this.#waiting[0]?.dueAt ?? Number.POSITIVE_INFINITY) <= now) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      const recording = this.#after(waiting, now);
      const isEmpty = recording === undefined || recording.signals.length + recording.frames.length === 0;
      finished.push({
        alertId: waiting.alertId,
        part: 'after',
        recording: isEmpty ? undefined : recording,
      });
    }
    return finished;
  }

  /** What came after an alert until now. */
  #after(waiting: Waiting, now: number): AlertRecording | undefined {
    const device = this.#devices.get(waiting.deviceId);
    if (device === undefined) return undefined;
    const { raisedAt, sourceUntil, firstSample, firstFrame } = waiting;
    const { ring, frames, frameRefusedAt } = device;
    const samples = [...ring.since(firstSample)].filter(({ sourceTime }) => sourceTime <= sourceUntil);
    const kept = samples.slice(0, this.#samplesMax);
    const isTruncated = kept.length < samples.length || ring.hasLost(firstSample);
    const span = { from: raisedAt, to: Math.max(raisedAt, now) };
    return recordingOf(
      waiting,
      'after',
      span,
      { samples: kept, isTruncated, units: ring.units },
      {
        frames: frames?.from(firstFrame) ?? [],
        areTruncated: frames?.hasLost(firstFrame) ?? frameRefusedAt >= raisedAt,
      },
    );
  }

  /** When `toSave` has something to say. */
  get saveAt(): number {
    return this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : this.#saveAt;
  }

  /**
   * What is to be sent after a restart of those whose time runs and of which something came since the last time: what there is so far. Where
   * that is more than can be saved at once, first come those of which nothing was saved yet, the newest before the
   * others, as theirs has the longest way to go; then those that were saved longest ago. The rest has its turn the
   * next time, and is counted until then.
   */
  toSave(now: number): AlertRecording[] {
    if (now < this.saveAt) return [];
    this.#saveAt = now + saveMilliseconds;
    const behind = this.#waiting.filter((waiting) => this.#notedFor(waiting) !== waiting.savedNoted);
    const inTurn = behind.reverse().sort((one, other) => bySavedAt(one, other));
    const parts: AlertRecording[] = [];
    let [saved, frames] = [0, 0];
    for (const waiting of inTurn.slice(0, savedAtOnceMax)) {
      if (frames >= savedFramesMax) break;
      const recording = this.#after(waiting, now);
      if (recording !== undefined) parts.push(endingEarly(recording, 'cut off by a restart'));
      frames += recording?.frames.length ?? 0;
      waiting.savedAt = now;
      waiting.savedNoted = this.#notedFor(waiting);
      saved += 1;
    }
    this.#unsaved = inTurn.length - saved;
    return parts;
  }

  /** Forgets the devices that are no more, or have no rules any more, and takes nothing in of others. */
  keepOnly(isKnown: (deviceId: string) => boolean): void {
    this.#isWatched = isKnown;
    for (const [deviceId, { ring, frames }] of this.#devices) {
      if (isKnown(deviceId)) continue;
      this.#bytes -= ring.bytes + (frames?.bytes ?? 0);
      this.#frameBytes -= frames?.bytes ?? 0;
      this.#devices.delete(deviceId);
    }
  }

  clockStepped(milliseconds: number): void {
    for (const waiting of this.#waiting) {
      waiting.dueAt += milliseconds;
      waiting.savedAt += milliseconds;
    }
    this.#saveAt += milliseconds;
  }

  /** Undefined where the memory is used up. */
  #device(deviceId: string): KeptDevice | undefined {
    const known = this.#devices.get(deviceId);
    if (known !== undefined) return known;
    const ring = new SampleRing(this.#samplesMax);
    if (!this.#mayGrow(ring.bytes)) return undefined;
    const device = {
      ring,
      frames: undefined,
      frameRefusedAt: Number.NEGATIVE_INFINITY,
      hourBegan: 0,
      recordings: 0,
    };
    this.#devices.set(deviceId, device);
    return device;
  }

  #notedFor({ deviceId, savedNoted }: Waiting): number {
    const device = this.#devices.get(deviceId);
    return device === undefined ? savedNoted : notedOf(device);
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

/** How much came of a device so far, values and frames. */
const notedOf = ({ ring, frames }: KeptDevice): number => ring.noted + (frames?.noted ?? 0);

const bySavedAt = (one: Waiting, other: Waiting): number =>
  one.savedAt === other.savedAt ? 0 : one.savedAt - other.savedAt;
