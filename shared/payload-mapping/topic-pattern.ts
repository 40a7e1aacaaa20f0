/** A topic's levels under the names that a pattern gives them. */
export type TopicNames = ReadonlyMap<string, string>;

type Level = { readonly literal: string } | { readonly wildcard: string };

/** A topic pattern, ready to be matched. Topics that begin with `$` match none (MQTT 3.1.1, 4.7.2). */
export class TopicPattern {
  /** The pattern as MQTT writes it, to subscribe with. */
  readonly filter: string;
  readonly names: readonly string[];
  readonly #levels: readonly Level[];
  /** The name of `#`; undefined where the pattern has none. */
  readonly #rest: string | undefined;

  constructor(pattern: string) {
    const parts = pattern.split('/');
    const last = parts.at(-1) ?? '';
    this.#rest = last.startsWith('#') ? last.slice(1) : undefined;
    const levels = this.#rest === undefined ? parts : parts.slice(0, -1);
    this.#levels = levels.map((part) =>
      part.startsWith('+') ? { wildcard: part.slice(1) } : { literal: part },
    );
    this.names = [
      ...this.#levels.map((level) => ('wildcard' in level ? level.wildcard : '')),
      this.#rest ?? '',
    ].filter((name) => name !== '');
    this.filter = parts
      .map((part) => (part.startsWith('+') ? '+' : part.startsWith('#') ? '#' : part))
      .join('/');
  }

  /** The names of the topic's levels; undefined where it does not match. */
  match(topic: string): TopicNames | undefined {
    if (topic.startsWith('$')) {
      return undefined;
    }
    const parts = topic.split('/');
    const fits =
      this.#rest === undefined ? parts.length === this.#levels.length : parts.length >= this.#levels.length;
    if (!fits) {
      return undefined;
    }
    const names = new Map<string, string>();
    for (const [index, level] of this.#levels.entries()) {
      const part = parts[index] ?? '';
      if ('literal' in level) {
        if (level.literal !== part) {
          return undefined;
        }
      } else if (level.wildcard !== '') {
        names.set(level.wildcard, part);
      }
    }
    if (this.#rest !== undefined && this.#rest !== '') {
      names.set(this.#rest, parts.slice(this.#levels.length).join('/'));
    }
    return names;
  }
}
