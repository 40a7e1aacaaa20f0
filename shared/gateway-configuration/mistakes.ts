import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

export type KeyPath = readonly (string | number)[];

/** Something wrong in a configuration file, where it is and what would be right. */
export interface Mistake {
  /** A register map that the configuration names, where the mistake is in it. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** For example `connectors[0].port.path`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** Takes a mistake found at a key path. */
export type Tell = (path: KeyPath, message: string) => void;

export function keyText(path: KeyPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

/** Where the value of this key path begins; where there is none, its nearest parent. */
export function positionOf(
  document: Document,
  lines: LineCounter,
  path: KeyPath,
): { line: number; column: number } {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    const child = childOf(document, node, part);
    if (!child) {
      break;
    }
    node = child.node;
    offset = child.offset ?? offset;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The key's own place is better than the value's: an empty value has none, and a long one begins lines below. */
function childOf(
  document: Document,
  parent: Node | null,
  part: string | number,
): { node: Node | null; offset: number | undefined } | undefined {
  const node = parent && isAlias(parent) ? (parent.resolve(document) ?? null) : parent;
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
    if (!pair) {
      return undefined;
    }
    const value = isNode(pair.value) ? pair.value : null;
    const keyStart = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    return { node: value, offset: isScalar(value) ? (value.range?.[0] ?? keyStart) : keyStart };
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part];
    return isNode(item) ? { node: item, offset: item.range?.[0] } : undefined;
  }
  return undefined;
}
