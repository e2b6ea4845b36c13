import { U32_MAX, type UnixSeconds, unixSeconds } from "@portico/card-protocol";

/** from ≤ t < until. */
export interface Validity {
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
}

/** Without a beginning or an end. */
export const ALWAYS: Validity = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };

/** Times in order, none of them empty, none touching the next: one form for one set of instants. */
export function unionOf(validities: readonly Validity[]): Validity[] {
  const joined: { from: UnixSeconds; until: UnixSeconds }[] = [];
  for (const { from, until } of [...validities].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (from >= until) continue;
    if (last !== undefined && from <= last.until) last.until = unixSeconds(Math.max(last.until, until));
    else joined.push({ from, until });
  }
  return joined;
}

/** The instants that both have. */
export function intersectionOf(a: readonly Validity[], b: readonly Validity[]): Validity[] {
  return unionOf(
    a.flatMap((one) => b.map((other) => ({ from: unixSeconds(Math.max(one.from, other.from)), until: unixSeconds(Math.min(one.until, other.until)) }))),
  );
}

/** The instants of the first that are none of the second. */
export function differenceOf(a: readonly Validity[], b: readonly Validity[]): Validity[] {
  const taken = unionOf(b);
  return unionOf(a).flatMap(({ from, until }) => {
    const left: Validity[] = [];
    let next = from;
    for (const gap of taken) {
      if (gap.from > next) left.push({ from: next, until: unixSeconds(Math.min(gap.from, until)) });
      next = unixSeconds(Math.max(next, gap.until));
    }
    left.push({ from: next, until });
    return unionOf(left);
  });
}

/** Whether it holds at an instant. */
export const holdsAt = (validities: readonly Validity[], at: UnixSeconds): boolean => validities.some(({ from, until }) => from <= at && at < until);
