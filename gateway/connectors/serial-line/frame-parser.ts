import type { FrameFormat } from '@andon/shared/serial-framing';
import { DelimitedScanner } from './delimited-scanner.ts';
import { MeasuredScanner } from './measured-scanner.ts';
import type { ParsedPart, Scanner } from './parsed-parts.ts';

export type { DiscardReason, ParsedPart } from './parsed-parts.ts';

/** Finds frames in bytes that come in any chunks, with any noise between them. */
export class FrameParser implements Scanner {
  readonly #scanner: Scanner;

  constructor(format: FrameFormat) {
    const measured = format.length !== undefined || format.prefix !== undefined;
    this.#scanner = measured ? new MeasuredScanner(format) : new DelimitedScanner(format);
  }

  get bytesPending(): number {
    return this.#scanner.bytesPending;
  }

  push(bytes: Uint8Array): ParsedPart[] {
    return this.#scanner.push(bytes);
  }

  idle(): ParsedPart[] {
    return this.#scanner.idle();
  }

  reset(): void {
    this.#scanner.reset();
  }
}
