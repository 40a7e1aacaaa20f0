/** A parser of the gateway, as it is fuzzed. */
export interface FuzzTarget {
  readonly name: string;
  /** The part of all bytes that it gets: parsers of text are slower than those of frames. */
  readonly share: number;
  /** Good input, which is mutated. */
  readonly samples: readonly Uint8Array[];
  /** Takes one input. Throws where an invariant does not hold; anything that the parser throws counts, too. */
  feed(input: Uint8Array, random: () => number): void | Promise<void>;
}

export class BrokenInvariant extends Error {}

export function must(holds: boolean, what: string): void {
  if (!holds) {
    throw new BrokenInvariant(what);
  }
}

/** The input in a few pieces, as a wire may give it. */
export function* inPieces(input: Uint8Array, random: () => number): Generator<Uint8Array> {
  let from = 0;
  while (from < input.length) {
    const to = random() < 0.3 ? from + 1 + Math.floor(random() * 8) : input.length;
    yield input.subarray(from, to);
    from = to;
  }
}
