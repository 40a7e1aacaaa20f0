/** How one past alert of a kind ended. */
export interface Outcome {
  /** The remedies that were tried, and whether each helped. */
  readonly tries: readonly { readonly command: string; readonly helped: boolean }[];
  /** Its condition went. */
  readonly cleared: boolean;
  /** A case or a work order was made for it. */
  readonly toPeople: boolean;
  /** Of the case that it became, as that was in the end; null: it became none. */
  readonly priority: string | null;
  readonly lastedSeconds: number | null;
}

export interface RemedySuggestion {
  readonly command: string;
  readonly tried: number;
  readonly helped: number;
}

export interface PrioritySuggestion {
  readonly priority: string;
  readonly cases: number;
  readonly withThisPriority: number;
}

export interface Suggestion {
  /** How many past alerts of the kind it rests on. */
  readonly basis: number;
  readonly remedy: RemedySuggestion | null;
  readonly priority: PrioritySuggestion | null;
  readonly medianSeconds: number | null;
  /** They ended by themselves: the condition went, no remedy helped, and nobody was called. */
  readonly endedByThemselves: number;
}

/** Fewer past alerts prove nothing. */
export const historyMin = 5;
/** A remedy that helps more rarely is none, and a priority that is rarer is not the usual one. */
const shareMin = 0.5;

/**
 * What the past says of a new alert of the same kind; undefined where there is too little of it. A remedy is suggested
 * where it was tried often enough and helped at least every second time, a priority where at least every second case
 * had it.
 */
export function suggest(outcomes: readonly Outcome[]): Suggestion | undefined {
  if (outcomes.length < historyMin) {
    return undefined;
  }
  const lasted = outcomes
    .map(({ lastedSeconds }) => lastedSeconds)
    .filter((seconds) => seconds !== null)
    .sort((one, other) => one - other);
  return {
    basis: outcomes.length,
    remedy: remedyOf(outcomes),
    priority: priorityOf(outcomes),
    medianSeconds: median(lasted),
    endedByThemselves: outcomes.filter(
      ({ tries, cleared, toPeople }) => cleared && !toPeople && !tries.some(({ helped }) => helped),
    ).length,
  };
}

function remedyOf(outcomes: readonly Outcome[]): RemedySuggestion | null {
  const remedies = new Map<string, RemedySuggestion>();
  for (const { command, helped } of outcomes.flatMap(({ tries }) => tries)) {
    const before = remedies.get(command) ?? { tried: 0, helped: 0 };
    remedies.set(command, {
      command,
      tried: before.tried + 1,
      helped: before.helped + (helped ? 1 : 0),
    });
  }
  const [best] = [...remedies.values()]
    .filter(({ tried, helped }) => tried >= historyMin && helped / tried >= shareMin)
    .sort((one, other) => other.helped / other.tried - one.helped / one.tried || other.tried - one.tried);
  return best ?? null;
}

function priorityOf(outcomes: readonly Outcome[]): PrioritySuggestion | null {
  const priorities = outcomes.map(({ priority }) => priority).filter((priority) => priority !== null);
  const counts = new Map<string, number>();
  for (const priority of priorities) {
    counts.set(priority, (counts.get(priority) ?? 0) + 1);
  }
  const [usual] = [...counts].sort(([, one], [, other]) => other - one);
  if (usual === undefined || priorities.length < historyMin || usual[1] / priorities.length < shareMin) {
    return null;
  }
  return { priority: usual[0], cases: priorities.length, withThisPriority: usual[1] };
}

function median(sorted: readonly number[]): number | null {
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}
