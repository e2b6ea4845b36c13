import { isWithin, lengthS, type Span, span } from "./span.ts";

/** Something else that could be booked in the place of what is taken. */
export interface NearbySlot extends Span {
  readonly resource: string;
}
/** What can be booked of one resource, as its timeline has it. */
export interface BookableTimes {
  readonly resource: string;
  readonly bookable: readonly Span[];
}
/** Of each list so many at the most. */
export const NEARBY_MAX = 3;

/**
 * What is free nearby: other resources at the same time, in the order in which they are given, and the same resource for as long at other times, the nearest
 * first. @param stepS  bookings begin at multiples of it
 */
export function nearbyOf(
  wanted: NearbySlot,
  own: readonly Span[],
  others: readonly BookableTimes[],
  stepS: number,
): { readonly sameTime: NearbySlot[]; readonly sameResource: NearbySlot[] } {
  const { resource, from, until } = wanted;
  const sameTime = others.filter(({ bookable }) => isWithin(wanted, bookable)).map((other) => ({ resource: other.resource, from, until }));
  const length = lengthS(wanted);
  const starts = own.flatMap(({ from: opened, until: closed }) => nearestStarts(opened, closed - length, from, stepS));
  const sorted = [...new Set(starts)].sort((a, b) => Math.abs(a - from) - Math.abs(b - from) || a - b);
  return {
    sameTime: sameTime.slice(0, NEARBY_MAX),
    sameResource: sorted.slice(0, NEARBY_MAX).map((at) => ({ resource, ...span(at, at + length) })),
  };
}

/** Up to {@link NEARBY_MAX} beginnings of first ≤ t ≤ last, at whole steps from the wanted one, those nearest to it. */
function nearestStarts(first: number, last: number, wanted: number, stepS: number): number[] {
  if (last < first) return [];
  const low = Math.ceil((first - wanted) / stepS);
  const high = Math.floor((last - wanted) / stepS);
  const found: number[] = [];
  const nearest = Math.min(Math.max(0, low), high);
  for (let away = 0; found.length < NEARBY_MAX && away <= high - low; away++)
    for (const step of away === 0 ? [nearest] : [nearest + away, nearest - away])
      if (step >= low && step <= high && step !== 0) found.push(wanted + step * stepS);
  return found;
}
