import { integerOf, type IppGroup, JOB_STATES, type JobState, textsOf, valuesOf } from "../core/ipp/index.ts";

/** A job in a queue, as far as a release station concerns itself with it. Its name is not asked for: it says what somebody prints. */
export interface PrintJob {
  /** 1..2³¹−1, given by the printer. */
  readonly id: number;
  readonly state: JobState;
  /** RFC 8011 §5.3.8, e.g. `job-hold-until-specified`. */
  readonly reasons: readonly string[];
  /** Who sent it, as their computer says: an account's name. */
  readonly user: string;
  readonly copies: number;
  readonly isDuplex: boolean;
  readonly isColour: boolean;
  /** Pages of the document on one side of a sheet. */
  readonly numberUp: number;
  /** Only these pages of the document, both ends included; none: all. */
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  readonly documents: number;
  /** Sides that the printer counts as done; undefined: it does not count. */
  readonly impressions: number | undefined;
  /** Seconds since 1970 by the printer's clock, or since it was started. */
  readonly createdAt: number | undefined;
}

/** What is asked of a job. RFC 8011 §5.2 and §5.3. */
export const JOB_ATTRIBUTES: readonly string[] = [
  "job-id",
  "job-state",
  "job-state-reasons",
  "job-originating-user-name",
  "copies",
  "sides",
  "number-up",
  "page-ranges",
  "print-color-mode",
  "number-of-documents",
  "job-impressions-completed",
  "time-at-creation",
];

/** Undefined: a group that is no job. */
export function printJobOf(group: IppGroup): PrintJob | undefined {
  const id = integerOf(group, "job-id");
  const state = JOB_STATES[integerOf(group, "job-state") as keyof typeof JOB_STATES] as JobState | undefined;
  if (id === undefined || id < 1 || state === undefined) return undefined;
  return {
    id,
    state,
    reasons: textsOf(group, "job-state-reasons"),
    user: textsOf(group, "job-originating-user-name")[0] ?? "",
    copies: within(integerOf(group, "copies"), 9_999),
    isDuplex: textsOf(group, "sides")[0]?.startsWith("two-sided") ?? false,
    isColour: textsOf(group, "print-color-mode")[0] === "color",
    numberUp: within(integerOf(group, "number-up"), 64),
    ranges: valuesOf(group, "page-ranges").flatMap((value) => (value.kind === "range" ? [{ first: value.low, last: value.high }] : [])),
    documents: within(integerOf(group, "number-of-documents"), 1_000),
    impressions: integerOf(group, "job-impressions-completed"),
    createdAt: integerOf(group, "time-at-creation"),
  };
}

const within = (value: number | undefined, max: number): number => Math.min(Math.max(value ?? 1, 1), max);
