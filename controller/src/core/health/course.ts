import type { MonotonicMs } from "@portico/card-protocol";

/** One thing that can be wrong with something, as far as it has been told. */
export interface FindingCourse {
  /** It was told and has not been told to be over. */
  readonly isFound: boolean;
  /** Since when it has been well all the time; undefined while it is not. */
  readonly wellSince: MonotonicMs | undefined;
}
export const NEVER_FOUND: FindingCourse = { isFound: false, wellSince: undefined };

/** So long it must be well before that is told: what comes and goes is one finding, not a flood of them. */
export const WELL_FOR_MS = 30 * 60_000;

/** Told once when it begins, and once when it has been well for {@link WELL_FOR_MS}. */
export function stepFinding(
  course: FindingCourse,
  isIll: boolean,
  at: MonotonicMs,
): { readonly course: FindingCourse; readonly told: "found" | "restored" | undefined } {
  if (isIll) return { course: { isFound: true, wellSince: undefined }, told: course.isFound ? undefined : "found" };
  const wellSince = course.wellSince ?? at;
  if (course.isFound && at - wellSince >= WELL_FOR_MS) return { course: { isFound: false, wellSince }, told: "restored" };
  return { course: { isFound: course.isFound, wellSince }, told: undefined };
}
