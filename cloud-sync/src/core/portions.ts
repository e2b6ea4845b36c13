/** A list in runs of at most `length`: stores take only so many values in one statement. */
export function portions<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, nth) => list.slice(nth * length, (nth + 1) * length));
}
