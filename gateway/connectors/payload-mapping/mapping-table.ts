import type { TopicMapping } from '@andon/shared/contracts';
import type { TopicNames } from '@andon/shared/payload-mapping';
import { Mapping } from './mapping.ts';

export interface MatchedMapping {
  readonly mapping: Mapping;
  readonly names: TopicNames;
}

const topicsRememberedMax = 10_000;
const none: readonly MatchedMapping[] = [];

/** All mappings of a connector. Which of them a topic means is remembered for so many topics. */
export class MappingTable {
  readonly mappings: readonly Mapping[];
  readonly #matched = new Map<string, readonly MatchedMapping[]>();

  constructor(settings: readonly TopicMapping[]) {
    this.mappings = settings.map((one) => new Mapping(one));
  }

  /** The mappings whose pattern the topic matches, in the order of the configuration. */
  matching(topic: string): readonly MatchedMapping[] {
    if (this.mappings.length === 0) {
      return none;
    }
    const known = this.#matched.get(topic);
    if (known !== undefined) {
      return known;
    }
    const matched = this.mappings.flatMap((mapping) => {
      const names = mapping.pattern.match(topic);
      return names === undefined ? [] : [{ mapping, names }];
    });
    if (this.#matched.size >= topicsRememberedMax) {
      this.#matched.clear();
    }
    this.#matched.set(topic, matched);
    return matched;
  }
}
