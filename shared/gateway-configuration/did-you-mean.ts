const namesComparedMax = 200;
const lengthComparedMax = 64;

/** ` (did you mean X?)` where one of the names is close to what was written, else nothing. */
export function didYouMean(written: string, names: readonly string[]): string {
  const distanceMax = Math.max(1, Math.floor(written.length / 4));
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names.slice(0, namesComparedMax)) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    if (distance <= distanceMax && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) {
      nearest = { name, distance };
    }
  }
  return nearest === undefined ? '' : ` (did you mean ${nearest.name}?)`;
}

/** How many letters must be put in, left out, changed or swapped with their neighbour. */
function editDistance(one: string, other: string): number {
  if (one.length > lengthComparedMax || other.length > lengthComparedMax) {
    return one === other ? 0 : Number.POSITIVE_INFINITY;
  }
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const present = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      present[column] = Math.min(
        (last[column] ?? 0) + 1,
        (present[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = present;
  }
  return last[other.length] ?? 0;
}
