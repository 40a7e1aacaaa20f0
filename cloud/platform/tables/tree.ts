/** A line of a table whose records may be parts of each other. */
export interface Branch {
  readonly id: string;
  readonly parentId: string | null;
  readonly line: number;
  readonly is: 'new' | 'changed' | 'unchanged';
}

/** Items below a new one that is left out, and what is below those in turn, each with what it is below. */
export function belowLeftOut<Item extends Branch>(
  items: readonly Item[],
  leftOut: readonly Item[],
): { readonly item: Item; readonly parent: Item }[] {
  const below = Map.groupBy(items, ({ parentId }) => parentId);
  const missing = leftOut.filter(({ is }) => is === 'new');
  const found: { item: Item; parent: Item }[] = [];
  for (let parent = missing.pop(); parent !== undefined; parent = missing.pop()) {
    for (const item of below.get(parent.id) ?? []) {
      found.push({ item, parent });
      if (item.is === 'new') {
        missing.push(item);
      }
    }
  }
  return found;
}

/** Items that would be above themselves. `storedParentOf` says it of those that are not in the table. */
export function inCircles<Item extends Branch>(
  items: readonly Item[],
  storedParentOf: (id: string) => string | null,
): Item[] {
  const inTable = new Map(items.map((item) => [item.id, item]));
  const parentOf = (id: string): string | null => {
    const item = inTable.get(id);
    return item === undefined ? storedParentOf(id) : item.parentId;
  };
  const passed = new Set<string>();
  const found: Item[] = [];
  for (const item of items) {
    const path: string[] = [];
    let id: string | null = item.id;
    for (; id !== null && !passed.has(id); id = parentOf(id)) {
      passed.add(id);
      path.push(id);
    }
    const begin = id === null ? -1 : path.indexOf(id);
    found.push(...(begin === -1 ? [] : path.slice(begin).flatMap((one) => inTable.get(one) ?? [])));
  }
  return found;
}
