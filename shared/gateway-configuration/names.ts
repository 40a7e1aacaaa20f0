import type { KeyPath, Tell } from './mistakes.ts';

/** Tells every item whose name an earlier one has. */
export function tellRepeated<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string | number,
  path: KeyPath,
  key: string,
  what: string,
  tell: Tell,
): void {
  const seen = new Map<string | number, number>();
  for (const [index, item] of items.entries()) {
    const name = nameOf(item);
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
    } else {
      tell([...path, index, key], `repeats ${what} ${name} of entry ${first + 1}`);
    }
  }
}

/** Tells a boot id or a firmware that is to be taken from a signal which is not read. */
export function tellUnknownSignals(
  names: { bootIdSignal?: string; firmwareSignal?: string },
  signals: ReadonlySet<string>,
  path: KeyPath,
  tell: Tell,
): void {
  for (const key of ['bootIdSignal', 'firmwareSignal'] as const) {
    const name = names[key];
    if (name !== undefined && !signals.has(name)) {
      tell([...path, key], `names the signal ${name}, which is not read here`);
    }
  }
}
