/** Bytes as they went over a device's wire: a frame, or the payload of a publication. */
export interface Frame {
  readonly deviceId: string;
  readonly direction: 'received' | 'sent';
  readonly bytes: Uint8Array;
  /** The payload of a publication: its values are recorded besides, so that the latest few are enough. */
  readonly isMessage?: boolean;
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
/** Publications of a device that are kept. */
const messagesMax = 64;
const capacityFirst = 1024;
const capacityMax = 64 * 1024;
/** Before the bytes of each frame: its time, how long it was, how many of its bytes are kept, and its direction. */
const headBytes = 8 + 4 + 2 + 1;
const wholeLengthAt = 8;
const lengthAt = 12;
const sentAt = 14;

/**
 * The latest frames of one device, one after another in one array of bytes: a frame costs a copy and no object. It grows
 * while what it holds is young enough to be wanted, as far as it may, and never beyond 64 KiB.
 */
export class FrameRing {
  #data = new Uint8Array(capacityFirst);
  #view = new DataView(this.#data.buffer);
  /** Where the oldest frame begins, and where the latest ends. */
  #start = 0;
  #end = 0;
  /** Where frames end that lie before the beginning, so to say: after the one that ends here, the next lies at 0. */
  #wrapAt = 0;
  /** Frames noted since the beginning, and the number of the oldest that is still there. */
  #noted = 0;
  #oldest = 0;
  /** When the youngest came that is there no more. */
  #lostAt = Number.NEGATIVE_INFINITY;

  static readonly bytesFirst = capacityFirst;
  static readonly bytesMax = capacityMax;

  /** Frames noted since the beginning. */
  get noted(): number {
    return this.#noted;
  }

  get bytes(): number {
    return this.#data.length;
  }

  /** `mayGrow` is asked only where what would be overwritten is younger than `keepSince`. */
  note(frame: Frame, at: number, keepSince: number, mayGrow: (bytes: number) => boolean): void {
    const length = Math.min(frame.bytes.length, frameBytesMax);
    if (frame.isMessage && this.#noted - this.#oldest >= messagesMax) this.#dropOldest();
    let place = this.#placeFor(headBytes + length);
    while (place === undefined) {
      const isWanted = this.#view.getFloat64(this.#start) > keepSince;
      if (!isWanted || !this.#grow(mayGrow)) this.#dropOldest();
      place = this.#placeFor(headBytes + length);
    }
    if (place < this.#end) this.#wrapAt = this.#end;
    this.#view.setFloat64(place, at);
    this.#view.setUint32(place + wholeLengthAt, frame.bytes.length);
    this.#view.setUint16(place + lengthAt, length);
    this.#view.setUint8(place + sentAt, frame.direction === 'sent' ? 1 : 0);
    this.#data.set(
      length === frame.bytes.length ? frame.bytes : frame.bytes.subarray(0, length),
      place + headBytes,
    );
    this.#noted += 1;
    this.#end = place + headBytes + length;
  }

  /** Those of this time or later, with numbers below `end` (they count from 0), that are still there, oldest first. */
  since(at: number, end = this.#noted): KeptFrame[] {
    return this.#frames((number, place) => number < end && this.#view.getFloat64(place) >= at);
  }

  /** Those with numbers from `first` on (they count from 0) that are still there, oldest first. */
  from(first: number): KeptFrame[] {
    return this.#frames((number) => number >= first);
  }

  /** Is the frame of this number overwritten already? */
  hasLost(number: number): boolean {
    return number < this.#oldest;
  }

  /** Has it lost a frame of this time or later? */
  isCutSince(at: number): boolean {
    return this.#lostAt >= at;
  }

  #frames(isWanted: (number: number, place: number) => boolean): KeptFrame[] {
    const frames: KeptFrame[] = [];
    let place = this.#start;
    for (let number = this.#oldest; number < this.#noted; number += 1) {
      if (isWanted(number, place)) frames.push(this.#frame(place));
      place = this.#after(place);
    }
    return frames;
  }

  #frame(place: number): KeptFrame {
    const begin = place + headBytes;
    return {
      at: this.#view.getFloat64(place),
      length: this.#view.getUint32(place + wholeLengthAt),
      direction: this.#view.getUint8(place + sentAt) === 1 ? 'sent' : 'received',
      bytes: this.#data.slice(begin, begin + this.#view.getUint16(place + lengthAt)),
    };
  }

  /** Where the frame after the one at this place begins. */
  #after(place: number): number {
    const end = place + headBytes + this.#view.getUint16(place + lengthAt);
    return this.#isWrapped && place >= this.#start && end === this.#wrapAt ? 0 : end;
  }

  /** Do the latest frames lie before the oldest? */
  get #isWrapped(): boolean {
    return this.#noted > this.#oldest && this.#end <= this.#start;
  }

  /** Frames are not cut in two: what does not fit before the end goes to the beginning. Undefined: there is no room. */
  #placeFor(bytes: number): number | undefined {
    if (this.#isWrapped) return this.#end + bytes <= this.#start ? this.#end : undefined;
    if (this.#end + bytes <= this.#data.length) return this.#end;
    return bytes <= this.#start ? 0 : undefined;
  }

  #dropOldest(): void {
    this.#lostAt = this.#view.getFloat64(this.#start);
    this.#start = this.#after(this.#start);
    this.#oldest += 1;
    if (this.#oldest === this.#noted) {
      this.#start = 0;
      this.#end = 0;
    }
  }

  #grow(mayGrow: (bytes: number) => boolean): boolean {
    const capacity = this.#data.length;
    if (capacity === capacityMax || !mayGrow(capacity)) return false;
    const data = new Uint8Array(capacity * 2);
    const first = this.#data.subarray(this.#start, this.#isWrapped ? this.#wrapAt : this.#end);
    const rest = this.#isWrapped ? this.#data.subarray(0, this.#end) : new Uint8Array();
    data.set(first);
    data.set(rest, first.length);
    this.#data = data;
    this.#view = new DataView(data.buffer);
    this.#start = 0;
    this.#end = first.length + rest.length;
    return true;
  }
}
