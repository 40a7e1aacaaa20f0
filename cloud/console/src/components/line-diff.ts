export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Beyond so many lines in the middle they are shown as replaced altogether. */
const comparedMax = 1500;

/** How the lines of one text become those of another. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const one = before.split('\n');
  const other = after.split('\n');
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < one.length - start &&
    end < other.length - start &&
    one[one.length - 1 - end] === other[other.length - 1 - end]
  ) {
    end += 1;
  }
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [
    ...same(one.slice(0, start)),
    ...middle(one.slice(start, one.length - end), other.slice(start, other.length - end)),
    ...same(one.slice(one.length - end)),
  ];
}

function middle(one: string[], other: string[]): DiffLine[] {
  if (one.length > comparedMax || other.length > comparedMax) {
    return [
      ...one.map((text): DiffLine => ({ kind: 'removed', text })),
      ...other.map((text): DiffLine => ({ kind: 'added', text })),
    ];
  }
  // common[i][j]: how many lines the rests from i and from j have in common.
  const common = one.map(() => new Uint16Array(other.length + 1));
  common.push(new Uint16Array(other.length + 1));
  const at = (row: number, column: number) => common[row]?.[column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    const line = common[row];
    for (let column = other.length - 1; line && column >= 0; column -= 1) {
      line[column] =
        one[row] === other[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < one.length || column < other.length) {
    if (row < one.length && column < other.length && one[row] === other[column]) {
      lines.push({ kind: 'same', text: one[row] ?? '' });
      row += 1;
      column += 1;
    } else if (column >= other.length || (row < one.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ kind: 'removed', text: one[row] ?? '' });
      row += 1;
    } else {
      lines.push({ kind: 'added', text: other[column] ?? '' });
      column += 1;
    }
  }
  return lines;
}

/** The lines that differ, with so many around each; a gap between two places is `undefined`. */
export function withContext(lines: readonly DiffLine[], around: number): (DiffLine | undefined)[] {
  const shown: (DiffLine | undefined)[] = [];
  for (const [index, line] of lines.entries()) {
    const near = lines.slice(Math.max(0, index - around), index + around + 1);
    if (near.some(({ kind }) => kind !== 'same')) {
      shown.push(line);
    } else if (shown.length > 0 && shown.at(-1) !== undefined) {
      shown.push(undefined);
    }
  }
  return shown.at(-1) === undefined ? shown.slice(0, -1) : shown;
}
