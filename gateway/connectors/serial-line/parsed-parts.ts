import type { Frame, FrameDefect } from './frame.ts';

/**
 * Why bytes were thrown away: they are part of no frame, of a broken one, or of one that never ended. `fill` is no
 * fault: an end without a frame before it.
 */
export type DiscardReason = FrameDefect | 'noise' | 'too-long' | 'idle' | 'fill';

/** What the bytes of a line turned out to be. */
export type ParsedPart =
  | ({ readonly kind: 'frame'; readonly wireBytes: number } & Frame)
  /** It has a start and an end, and something else is wrong with it. `bytes` of it are not told as discarded. */
  | {
      readonly kind: 'corrupt';
      readonly reason: FrameDefect;
      readonly bytes: number;
      readonly text: string;
    }
  | { readonly kind: 'discarded'; readonly reason: DiscardReason; readonly bytes: number };

/** Finds frames in one kind of framing. */
export interface Scanner {
  readonly bytesPending: number;
  push(bytes: Uint8Array): ParsedPart[];
  /** The line is silent: what is pending is over. */
  idle(): ParsedPart[];
  /** Forgets what is pending, as when the line was away. */
  reset(): void;
}

export function addDiscarded(parts: ParsedPart[], reason: DiscardReason, bytes: number): void {
  const last = parts.at(-1);
  if (bytes <= 0) {
    return;
  }
  if (last?.kind === 'discarded' && last.reason === reason) {
    parts[parts.length - 1] = { kind: 'discarded', reason, bytes: last.bytes + bytes };
  } else {
    parts.push({ kind: 'discarded', reason, bytes });
  }
}
