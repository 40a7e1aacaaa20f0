const inputBytesMax = 8192;
const changesMax = 6;
/** Values at which lengths, signs and digits turn over. */
const edges = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x22, 0x2d, 0x30, 0x5c, 0x7b, 0x7d];

type Change = (input: Uint8Array, random: () => number, other: Uint8Array) => Uint8Array;

const between = (random: () => number, least: number, beyond: number): number =>
  least + Math.floor(random() * Math.max(0, beyond - least));

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function noise(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random() * 256);
}

function withByte(input: Uint8Array, at: number, byte: number): Uint8Array {
  const changed = Uint8Array.from(input);
  changed[at] = byte;
  return changed;
}

const changes: readonly Change[] = [
  (input, random) => {
    const at = between(random, 0, input.length);
    return withByte(input, at, (input[at] ?? 0) ^ (1 << between(random, 0, 8)));
  },
  (input, random) =>
    withByte(input, between(random, 0, input.length), edges[between(random, 0, edges.length)] ?? 0),
  (input, random) => {
    const at = between(random, 0, input.length + 1);
    return join(input.subarray(0, at), noise(random, between(random, 1, 16)), input.subarray(at));
  },
  (input, random) => {
    const from = between(random, 0, input.length);
    return join(input.subarray(0, from), input.subarray(between(random, from, input.length)));
  },
  (input, random) => {
    const from = between(random, 0, input.length);
    const to = between(random, from, input.length);
    return join(input.subarray(0, to), input.subarray(from));
  },
  (input, random, other) => {
    const at = between(random, 0, input.length + 1);
    const from = between(random, 0, other.length);
    return join(input.subarray(0, at), other.subarray(from), input.subarray(at));
  },
  (input, random) => {
    const at = between(random, 0, input.length);
    const byte = edges[between(random, 0, edges.length)] ?? 0;
    return join(
      input.subarray(0, at),
      new Uint8Array(between(random, 1, 200)).fill(byte),
      input.subarray(at),
    );
  },
  (input, random) => input.subarray(0, between(random, 0, input.length)),
  (_, random) => noise(random, between(random, 1, 200)),
];

/** One of the samples, changed at a few places; sometimes as it is, so that parsers leave their first states. */
export function mutated(samples: readonly Uint8Array[], random: () => number): Uint8Array {
  const pick = () => samples[between(random, 0, samples.length)] ?? new Uint8Array(1);
  let input = pick();
  for (let left = between(random, 0, changesMax); left > 0; left -= 1) {
    const change = changes[between(random, 0, changes.length)];
    input = change?.(input, random, pick()) ?? input;
  }
  return input.length === 0 ? Uint8Array.of(0) : input.subarray(0, inputBytesMax);
}
