import { isArray } from "./cbor.ts";
import { isU32 } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

const NAME = /^[A-Za-z]{1,64}$/;

/**
 * How many there were of each kind, as text: `AccessDenied 3, AccessTaken 12`. Kinds in ascending order, counts of 1 or more; empty where there were none.
 * The one form: {@link readCounts} takes no other.
 */
export function countsText(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

/** The counts in a text that {@link countsText} could have written; undefined for any other. */
export function readCounts(text: string): Map<string, number> | undefined {
  const counts = new Map<string, number>();
  if (text === "") return counts;
  for (const part of text.split(", ")) {
    const [, name, digits] = /^([A-Za-z]+) ([1-9]\d{0,9})$/.exec(part) ?? [];
    if (name === undefined) return undefined;
    counts.set(name, Number(digits));
  }
  return [...counts].every(([name, count]) => NAME.test(name) && isU32(count)) && countsText(counts) === text ? counts : undefined;
}

/** The counts as a record holds them: `[[kind, count]…]`, ascending. Undefined for a text that is none. */
export function countsToCbor(text: string): CborValue | undefined {
  const counts = readCounts(text);
  return counts === undefined ? undefined : [...counts].map(([name, count]) => [name, count]);
}

/** The text of what a record holds; undefined where it holds something else. */
export function countsFromCbor(value: CborValue): string | undefined {
  if (!isArray(value)) return undefined;
  const counts = new Map<string, number>();
  for (const item of value) {
    if (!isArray(item) || item.length !== 2) return undefined;
    const [name, count] = item;
    if (typeof name !== "string" || !NAME.test(name) || !isU32(count) || count === 0) return undefined;
    counts.set(name, count);
  }
  const text = countsText(counts);
  return [...counts.keys()].join() === [...readCounts(text)!.keys()].join() && counts.size === value.length ? text : undefined;
}
