/** Bytes as they went over a device's wire: a frame, or the payload of a publication. */
export interface Frame {
  readonly deviceId: string;
  readonly direction: 'received' | 'sent';
  readonly bytes: Uint8Array;
}

export interface KeptFrame {
  readonly at: number;
  readonly direction: Frame['direction'];
  readonly bytes: Uint8Array;
  /** How long it was; more than `bytes` where it was cut. */
  readonly length: number;
}

/** Of a longer frame no more is kept. */
const frameBytesMax = 512;
/** Frames of a device that are kept. */
const framesMax = 64;
const capacityFirst = 1024;
const capacityMax = framesMax * frameBytesMax;
/** What is known of each frame beside its bytes: a time, where it lies, its lengths and direction. */
const indexBytes = framesMax * (8 + 4 + 2 + 4 + 1);

/**
 * The latest frames of one device, one after another in one array of bytes: a frame costs a copy and no object. It grows
 * while what it holds is young enough to be wanted, as far as it may.
 */
export class FrameRing {
  #data = new Uint8Array(capacityFirst);
  readonly #times = new Float64Array(framesMax);
  readonly #starts = new Uint32Array(framesMax);
  readonly #lengths = new Uint16Array(framesMax);
  readonly #wholeLengths = new Uint32Array(framesMax);
  readonly #isSent = new Uint8Array(framesMax);
  /** Frames noted since the beginning, and the number of the oldest that is still there. */
  #noted = 0;
  #oldest = 0;
  /** Where the latest frame ends. */
  #end = 0;
  /** When the youngest came that is there no more. */
  #lostAt = Number.NEGATIVE_INFINITY;

  static readonly bytesFirst = capacityFirst + indexBytes;

  /** Frames noted since the beginning. */
  get noted(): number {
    return this.#noted;
  }

  get bytes(): number {
    return this.#data.length + indexBytes;
  }

  /** `mayGrow` is asked only where what would be overwritten is younger than `keepSince`. */
  note(frame: Frame, at: number, keepSince: number, mayGrow: (bytes: number) => boolean): void {
    const length = Math.min(frame.bytes.length, frameBytesMax);
    if (this.#noted - this.#oldest >= framesMax) this.#dropOldest();
    while (this.#isInTheWay(length)) {
      const isWanted = (this.#times[this.#oldest % framesMax] ?? 0) > keepSince;
      if (!isWanted || !this.#grow(mayGrow)) this.#dropOldest();
    }
    const start = this.#startOf(length);
    this.#data.set(length === frame.bytes.length ? frame.bytes : frame.bytes.subarray(0, length), start);
    const place = this.#noted % framesMax;
    this.#times[place] = at;
    this.#starts[place] = start;
    this.#lengths[place] = length;
    this.#wholeLengths[place] = frame.bytes.length;
    this.#isSent[place] = frame.direction === 'sent' ? 1 : 0;
    this.#noted += 1;
    this.#end = start + length;
  }

  /** Those of this time or later, with numbers below `end` (they count from 0), that are still there, oldest first. */
  since(at: number, end = this.#noted): KeptFrame[] {
    const frames: KeptFrame[] = [];
    for (let number = this.#oldest; number < end; number += 1) {
      const time = this.#times[number % framesMax] ?? 0;
      if (time >= at) frames.push(this.#frame(number));
    }
    return frames;
  }

  /** Those with numbers from `first` on (they count from 0) that are still there, oldest first. */
  from(first: number): KeptFrame[] {
    const frames: KeptFrame[] = [];
    for (let number = Math.max(first, this.#oldest); number < this.#noted; number += 1) {
      frames.push(this.#frame(number));
    }
    return frames;
  }

  /** Is the frame of this number overwritten already? */
  hasLost(number: number): boolean {
    return number < this.#oldest;
  }

  /** Has it lost a frame of this time or later? */
  isCutSince(at: number): boolean {
    return this.#lostAt >= at;
  }

  #dropOldest(): void {
    this.#lostAt = this.#times[this.#oldest % framesMax] ?? 0;
    this.#oldest += 1;
  }

  #frame(number: number): KeptFrame {
    const place = number % framesMax;
    const start = this.#starts[place] ?? 0;
    return {
      at: this.#times[place] ?? 0,
      length: this.#wholeLengths[place] ?? 0,
      direction: this.#isSent[place] === 1 ? 'sent' : 'received',
      bytes: this.#data.slice(start, start + (this.#lengths[place] ?? 0)),
    };
  }

  /** Frames are not cut in two: what does not fit before the end goes to the beginning. */
  #startOf(length: number): number {
    return this.#end + length <= this.#data.length ? this.#end : 0;
  }

  /** Does the oldest frame lie where one of this length goes? If it does not, none does. */
  #isInTheWay(length: number): boolean {
    if (this.#oldest === this.#noted) return false;
    const place = this.#oldest % framesMax;
    const [oldStart, oldLength] = [this.#starts[place] ?? 0, this.#lengths[place] ?? 0];
    const start = this.#startOf(length);
    const isLeftBehind = start < this.#end && oldStart >= this.#end;
    return isLeftBehind || (oldStart < start + length && oldStart + oldLength > start);
  }

  #grow(mayGrow: (bytes: number) => boolean): boolean {
    const capacity = this.#data.length;
    const wanted = Math.min(capacity * 2, capacityMax);
    if (wanted === capacity || !mayGrow(wanted - capacity)) return false;
    const data = new Uint8Array(wanted);
    let end = 0;
    for (let number = this.#oldest; number < this.#noted; number += 1) {
      const { bytes } = this.#frame(number);
      data.set(bytes, end);
      this.#starts[number % framesMax] = end;
      end += bytes.length;
    }
    this.#data = data;
    this.#end = end;
    return true;
  }
}
