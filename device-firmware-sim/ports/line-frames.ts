/** The oven's frames: `$`, a body of printable ASCII, `*`, the exclusive or of the body in two hex digits, CR LF. */

const bodyBytesMax = 200;

export function xorChecksum(body: string): string {
  let checksum = 0;
  for (let index = 0; index < body.length; index += 1) checksum ^= body.charCodeAt(index);
  return (checksum & 0xff).toString(16).toUpperCase().padStart(2, '0');
}

export function encodeFrame(fields: readonly (string | number)[]): Buffer {
  const body = fields.join(',');
  return Buffer.from(`$${body}*${xorChecksum(body)}\r\n`, 'latin1');
}

/** Finds frames in a stream of bytes; whatever is no frame is thrown away and counted. */
export class FrameDecoder {
  #pending = '';
  #discardedBytes = 0;

  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  /** The fields of each good frame. */
  push(bytes: Uint8Array): string[][] {
    this.#pending += Buffer.from(bytes).toString('latin1');
    const frames: string[][] = [];
    for (;;) {
      const end = this.#pending.indexOf('\r\n');
      if (end < 0) break;
      const fields = this.#parse(this.#pending.slice(0, end));
      if (fields) frames.push(fields);
      this.#pending = this.#pending.slice(end + 2);
    }
    if (this.#pending.length > bodyBytesMax) {
      this.#discardedBytes += this.#pending.length;
      this.#pending = '';
    }
    return frames;
  }

  #parse(line: string): string[] | undefined {
    const start = line.lastIndexOf('$');
    const body = line.slice(start + 1, -3);
    const good = start >= 0 && line.at(-3) === '*' && line.slice(-2).toUpperCase() === xorChecksum(body);
    this.#discardedBytes += good ? start : line.length + 2;
    return good ? body.split(',') : undefined;
  }
}
