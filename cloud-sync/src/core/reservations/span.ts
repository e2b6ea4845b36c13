import { type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Validity } from "../validity.ts";

/** A stretch of time that somebody books: from ≤ t < until, never empty. */
export type Span = Validity;

export const span = (from: number, until: number): Span => ({ from: unixSeconds(from), until: unixSeconds(until) });

/** Whether two stretches have an instant in common; touching is none. */
export const overlaps = (a: Span, b: Span): boolean => a.from < b.until && b.from < a.until;

export const lengthS = ({ from, until }: Span): number => until - from;

/** Whether all of a stretch lies within one of these, which do not touch each other. */
export const isWithin = (inner: Span, all: readonly Span[]): boolean => all.some(({ from, until }) => from <= inner.from && inner.until <= until);

/** From the first beginning to the last end. @param spans  at least one */
export const hullOf = (spans: readonly Span[]): Span => ({
  from: unixSeconds(Math.min(...spans.map(({ from }) => from))),
  until: unixSeconds(Math.max(...spans.map(({ until }) => until))),
});

/** The part of a stretch that is not before an instant; undefined: nothing. */
export const notBefore = ({ from, until }: Span, at: UnixSeconds): Span | undefined => (until <= at ? undefined : span(Math.max(from, at), until));
